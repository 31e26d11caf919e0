#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# circle: more
#
# share push, judge and pull: whatever system call fails, and wherever they are killed, the next push
# brings all of a node, the list is the old one or the new one as a whole, and the reason is told. Why it
# matters: what one node loses on the way may be what excuses somebody.
# shellcheck disable=SC2317 # functions that series() calls
# shellcheck source=selftests/lib/lib.sh
UPTIME=345600
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/lib/faults.sh
. "$(dirname "$0")/../lib/faults.sh"

need jq sqlite3
topology ''
judge_setup
sed -i '$a real-mx-unseen = accept' "$CONF"
histories
inject '2001:db8:5:2::9 high=20h:40h:2 talk=20h:40h:2 hour=20:2:0:0:0 hour=40:1:0:0:0'
must nolist collect -c "$CONF" --quiet 2>/dev/null
mkdir "$TMP/shared" "$TMP/lists"
echo a >"$TMP/nodes"
SHARE=$TMP/share.conf
{
	cat "$CONF"
	printf 'share = "%s"\nshare-node = a\nshare-nodes = %s\nlist = { "plain %s" }\n' "$TMP/shared" "$TMP/nodes" \
		"$TMP/lists/list"
} >"$SHARE"
LIST=$TMP/lists/list
must nolist share push --quiet -c "$SHARE" 2>/dev/null
must nolist share judge --quiet -c "$SHARE" 2>/dev/null
must nolist share pull --quiet -c "$SHARE" 2>/dev/null
rows "$LIST" >"$TMP/rows.good"
check 'there is something to lose' test -s "$TMP/rows.good"
cp -a "$TMP/shared" "$TMP/shared.good"
cp -a "$STATE_DIR" "$TMP/state.good"
cp "$LIST" "$TMP/list.good"

# Where nothing has been shared yet.
fresh() {
	rm -rf "$TMP/shared" "$STATE_DIR" "$TMP/lists"
	mkdir "$TMP/shared" "$TMP/lists"
	cp -a "$TMP/state.good" "$STATE_DIR"
	rm -f "$STATE_DIR"/share.*
}

# Where a node has pushed, and a list of before is there.
pushed() {
	fresh
	cp -a "$TMP/shared.good/." "$TMP/shared"
	rm -f "$TMP/shared/list"
	before
}

judged() {
	pushed
	cp "$TMP/shared.good/list" "$TMP/shared"
}

before() {
	sed 's/203.0.113.1$/203.0.113.250/' "$TMP/list.good" >"$LIST"
	touch -d @1 "$LIST"
	cp "$LIST" "$TMP/list.before"
}

told() {
	[ "$status" = 0 ] || [ "$status" = 137 ] || [ -s "$TMP/fault.err" ] || echo 'it says nothing'
	[ "$status" -lt 128 ] || [ "$status" = 137 ] || echo 'it crashed'
}

# The next ones of all do their work, and the list comes out.
all_again() {
	works share push --quiet -c "$SHARE"
	works share judge --quiet -c "$SHARE"
	works share pull --quiet -c "$SHARE"
	rows "$LIST" | cmp -s - "$TMP/rows.good" || echo 'the next ones come to another list'
}

check_push() {
	{
		told
		# What is said to be there is there.
		if [ "$status" = 0 ]; then
			works share judge --quiet -c "$SHARE"
		fi
		all_again
	} | first
}

check_lists() {
	{
		told
		# Without its additions, where they cannot be noted: as it says.
		[ "$status" = 3 ] || cmp -s "$LIST" "$TMP/list.before" || rows "$LIST" | cmp -s - "$TMP/rows.good" || echo 'another list'
		all_again
	} | first
}

PUSH=(share push --quiet -c "$SHARE")
for how in EIO ENOSPC KILL; do
	EACH=1 series push write,pwrite64 $how fresh check_push "${PUSH[@]}"
	series push openat,mkdirat,renameat,fsync,syncfs $how fresh check_push "${PUSH[@]}"
done
for how in EIO KILL; do
	series push read,pread64,newfstatat,statx,flock $how fresh check_push "${PUSH[@]}"
	series judge openat,read,pread64 $how pushed check_lists share judge --quiet -c "$SHARE"
	series judge write,pwrite64,linkat,renameat,unlinkat,fsync,syncfs $how pushed check_lists share judge --quiet -c "$SHARE"
	series pull openat,read,pread64 $how judged check_lists share pull --quiet -c "$SHARE"
	series pull write,pwrite64,linkat,renameat,unlinkat,fsync $how judged check_lists share pull --quiet -c "$SHARE"
done
diag "$total cases"
done_testing
