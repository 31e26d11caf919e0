# shellcheck shell=bash disable=SC2034,SC2154 # $nsd is for the test, whose $DIR is used
# SPDX-License-Identifier: GPL-2.0-only
#
# Programs of packages that are not installed, on the test's server: sourced after lib.sh by
# tests that fetch the packages (FETCH). $DIR, below build/, is what the programs see of
# the test's files.

# root_up PACKAGE...: a root that has them (scripts/inroot.sh), until the test ends.
root_up() {
	# shellcheck disable=SC2016
	nsenter --net=/run/netns/server "$TOP/scripts/inroot.sh" "$@" -- \
		bash -c 'touch "$1"; exec sleep infinity' - "$DIR/ready" &
	root=$!
	must wait_for 20 test -e "$DIR/ready"
}

in_root() {
	nsenter -t "$root" -n -m -r -w -- "$@"
}

# user NAME ID: is there, with a group of its own.
user() {
	in_root bash -c "getent group $1 || echo $1:x:$2: >>/etc/group
		getent passwd $1 || echo $1:x:$2:$2::/nonexistent:/bin/false >>/etc/passwd" >/dev/null
}

# nsd_up PORT ZONE FILE: a name server for the zone in $DIR/FILE, at 127.0.0.1; its process
# is $nsd.
nsd_up() {
	user nsd 991
	cat >"$DIR/nsd.conf" <<-END
		server:
			ip-address: 127.0.0.1@$1
			username: root
			zonesdir: "$DIR"
			database: ""
			pidfile: "/run/nsd.pid"
			xfrdfile: ""
		remote-control:
			control-enable: no
		zone:
			name: $2
			zonefile: $3
	END
	in_root nsd -d -c "$DIR/nsd.conf" >"$DIR/nsd.log" 2>&1 &
	nsd=$!
}
