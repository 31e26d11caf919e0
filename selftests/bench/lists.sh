#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What a long list costs: for each format seconds and memory of dump, and of the
# program that loads it. MANY=N for another length than a million, half of it IPv4
# and half /64s. Prints two lines of JSON for each; run.sh calls it.
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/judge.sh
. "$(dirname "$0")/../lib/judge.sh"
# shellcheck source=selftests/bench/site.sh
. "$(dirname "$0")/site.sh"
# shellcheck source=selftests/lib/root.sh
. "$(dirname "$0")/../lib/root.sh"
# shellcheck source=selftests/bench/cost.sh
. "$(dirname "$0")/cost.sh"
cd "$TOP" || exit 1

many=${MANY:-1000000}
packages="rbldnsd nsd postfix exim4-daemon-light ipset bird2 sendmail-bin"
# shellcheck disable=SC2086 # a list of words
must scripts/fetch.sh $packages
DIR=$(mktemp -d "$BUILD/lists.XXXXXX")
trap 'rm -rf "$DIR" "$TMP"' EXIT
chmod 755 "$DIR"

site 2097152
inject "many=$((many / 2))"

# shellcheck disable=SC2086 # words
root_up $packages

# load PROGRAM COMMAND...: what it costs the reader of a list.
load() {
	cost reader "$format, $1" nsenter -t "$root" -n -m -r -w -- "${@:2}"
}

# What loads the list, as far as it can be had here.
reader() {
	local f=$DIR/$1

	case $1 in
	zone) load 'nsd-checkzone' nsd-checkzone bl.example "$f" ;;
	postfix | postscreen) load 'postmap' postmap -c "$DIR/etc" -q 100.128.0.1 "cidr:$f" ;;
	exim) load 'exim -bh' exim4 -C "$DIR/etc/exim.conf" -bh 203.0.113.1 ;;
	sendmail) load 'makemap' bash -c "makemap -C $DIR/etc/sendmail.cf hash $DIR/etc/access <$f" ;;
	nft) cost reader "$format, nft -f" nsenter --net=/run/netns/server nft -f "$f" ;;
	ipset) load 'ipset' ipset restore -file "$f" ;;
	bird) load 'bird -p' bird -p -c "$DIR/etc/bird.conf" ;;
	rbldnsd)
		# The evidence, and so the list, is of four days from now.
		# shellcheck disable=SC2016
		sed -i '/^$TIMESTAMP/d' "$f"
		load 'rbldnsd' rbldnsd -n -u nobody -d "bl.example:combined:$f"
		;;
	esac
}

mkdir "$DIR/etc"
in_root bash -c 'echo Debian-exim:x:994:994::/:/bin/false >>/etc/passwd; echo Debian-exim:x:994: >>/etc/group'
printf 'compatibility_level = 3.6\n' >"$DIR/etc/main.cf"
printf 'acl_smtp_connect = c\nkeep_environment =\nbegin acl\nc:\ndrop hosts = %s\naccept\n' \
	"$DIR/exim" >"$DIR/etc/exim.conf"
printf 'V10/Berkeley\n' >"$DIR/etc/sendmail.cf"
printf 'router id 192.0.2.1;\nprotocol device {}\ninclude "%s";\n' "$DIR/bird" >"$DIR/etc/bird.conf"

for format in $(nolist dump --list-formats | awk '/^[a-z]/ { print $1 }'); do
	took=$(cost lists "$format" nsenter --net=/run/netns/server "$TOOL" dump --quiet -c "$CONF" \
		--at "$(at 345600)" --pin-dir "$PIN_DIR" --state-dir "$STATE_DIR" --format "$format" \
		--output "$DIR/$format")
	jq -c --argjson size "$(stat -c %s "$DIR/$format")" '. + {file_mb: ($size / 1e6)}' <<<"$took"
	reader "$format"
done
