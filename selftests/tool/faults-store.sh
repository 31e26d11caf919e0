#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# circle: more
#
# collect, dump, pardon and import: whatever system call fails, and wherever they are killed,
# the old list is whole or the new one is, the store is sound, nothing counts twice, and the
# next of them does its work. The reason is told by its name: a disk that fails or is full is
# not a damaged store, which somebody would move away with all its alibis.
# shellcheck disable=SC2317 # functions that series() calls
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/lib/faults.sh
. "$(dirname "$0")/../lib/faults.sh"

need jq sha256sum sqlite3
topology ''
judge_setup
sed -i '$a real-mx-unseen = accept' "$CONF"
DIR=$TMP/lists
LIST=$DIR/list
histories
DUMP=(dump --quiet -c "$CONF" --at "$NOW" --output "$LIST")
mkdir "$DIR"
must nolist collect -c "$CONF" --log 0 >/dev/null
must nolist "${DUMP[@]}"
cp "$LIST" "$TMP/list.good"
cp -a "$STATE_DIR" "$TMP/state.good"
rows_of() {
	sqlite3 "$STATE_DIR/evidence.db" \
		'SELECT source, epoch, grade, contacts, verified, hours FROM source ORDER BY 1, 2' | sha256sum
}
ROWS=$(rows_of)

# The store is sound, and the words name what failed.
is_sound() {
	if [ -e "$STATE_DIR/evidence.db" ]; then
		[ "$(sqlite3 "$STATE_DIR/evidence.db" 'PRAGMA integrity_check' 2>&1)" = ok ] || echo 'the store is broken'
	fi
	grep -q damaged "$TMP/fault.err" && echo 'it calls the store damaged'
	[ "$status" != 0 ] && [ "$status" != 137 ] && [ ! -s "$TMP/fault.err" ] && echo 'it says nothing'
	[ "$status" -lt 128 ] || [ "$status" = 137 ] || echo 'it crashed'
}

fresh() {
	rm -rf "$STATE_DIR"
}

stored() {
	rm -rf "$STATE_DIR"
	cp -a "$TMP/state.good" "$STATE_DIR"
}

check_collect() {
	{
		is_sound
		works collect -c "$CONF" --log 0
		[ "$(rows_of)" = "$ROWS" ] || echo 'the next collect stores something else'
	} | first
}

listed() {
	stored
	rm -rf "$DIR"
	mkdir "$DIR"
	sed 's/203.0.113.1$/203.0.113.250/' "$TMP/list.good" >"$LIST"
	touch -d @1 "$LIST"
	cp "$LIST" "$TMP/list.before"
}

# As many rows as it says, and just these; the one before is made up.
is_whole() {
	cmp -s "$LIST" "$TMP/list.before" ||
		[ "$(sed -n 's/^# count: //p' "$LIST") $(sed -n 's/^# sha256: //p' "$LIST")" = \
			"$(rows "$LIST" | wc -l) $(rows "$LIST" | sha256sum | cut -d' ' -f1)" ]
}

check_dump() {
	{
		is_sound
		is_whole || echo 'half a list'
		# Without its additions, where they cannot be noted: as it says.
		[ "$status" = 3 ] || cmp -s "$LIST" "$TMP/list.before" || cmp -s "$LIST" "$TMP/list.good" ||
			echo 'another list'
		if [ "$status" = 1 ]; then
			cmp -s "$LIST" "$TMP/list.before" || echo 'it says that it failed'
		fi
		[ "$status" != 0 ] || cmp -s "$LIST" "$TMP/list.good" || echo 'it says that it is written'
		works "${DUMP[@]}"
		cmp -s "$LIST" "$TMP/list.good" || echo 'the next dump writes something else'
		# Of the two, the next one sweeps up what a killed one left.
		touch -d @1 "$LIST"
		works "${DUMP[@]}"
		[ "$(ls -A "$DIR")" = list ] || echo "left: $(ls -A "$DIR" | tr '\n' ' ')"
	} | first
}

check_pardon() {
	{
		is_sound
		works pardon 203.0.113.77
		[ "$(sqlite3 "$STATE_DIR/evidence.db" 'SELECT count(*) FROM pardon')" = 1 ] || echo 'not one pardon'
		[ "$(rows_of)" = "$ROWS" ] || echo 'evidence has changed'
	} | first
}

check_import() {
	{
		is_sound
		works import --role low "$TMP/import"
		[ "$(sqlite3 "$STATE_DIR/evidence.db" "SELECT count(*) FROM source WHERE epoch = (SELECT id FROM epoch
			WHERE boot = 'imported')")" = 2 ] || echo 'not two rows'
	} | first
}
printf '192.0.2.200 %s\n192.0.2.201 %s\n' $((NOW - 100)) $((NOW - 100)) >"$TMP/import"
sed -i "s/ [0-9]*$/ $(($(date +%s) - 100))/" "$TMP/import"

for how in EPERM ENOMEM KILL; do
	series collect bpf $how fresh check_collect collect -c "$CONF" --log 0
done
for how in EIO ENOSPC KILL; do
	series 'first collect' pwrite64,write $how fresh check_collect collect -c "$CONF" --log 0
	series 'first collect' fsync,fdatasync,ftruncate $how fresh check_collect collect -c "$CONF" --log 0
done
for how in EIO KILL; do
	series collect pread64 $how stored check_collect collect -c "$CONF" --log 0
	series 'first collect' openat,open,mkdir $how fresh check_collect collect -c "$CONF" --log 0
	series 'first collect' unlink,fcntl $how fresh check_collect collect -c "$CONF" --log 0
done
EACH=1 series collect flock EINTR fresh check_collect collect -c "$CONF" --log 0

for how in EIO KILL; do
	series dump pread64,read $how listed check_dump "${DUMP[@]}"
	series dump openat,open $how listed check_dump "${DUMP[@]}"
	EACH=1 series dump linkat,renameat,unlinkat,fsync,utimensat $how listed check_dump "${DUMP[@]}"
	series dump write,pwrite64 $how listed check_dump "${DUMP[@]}"
done
series dump write,pwrite64 ENOSPC listed check_dump "${DUMP[@]}"
series dump bpf EPERM listed check_dump "${DUMP[@]}"

for how in EIO ENOSPC KILL; do
	series pardon pwrite64 $how stored check_pardon pardon 203.0.113.77
	series import pwrite64 $how stored check_import import --role low "$TMP/import"
done
for how in EIO KILL; do
	series pardon openat,pread64,fdatasync,fsync $how stored check_pardon pardon 203.0.113.77
	series import read,pread64 $how stored check_import import --role low "$TMP/import"
done
diag "$total cases"
done_testing
