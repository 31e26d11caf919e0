# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317,SC2016,SC2046,SC2086,SC2154 # functions that check() calls,
# lists of words, and the test's $suite and $elsewhere
#
# Roots of Debian releases that hold next to nothing, and this tree: sourced in lib.sh's
# place. The test keeps the machine's network, for apt in these roots, which has the
# machine's proxy and mirror. All mounts are in a namespace of the test's
# own. Below build/bare stay the packages that were downloaded, and nothing else.

if [ "${NOLIST_TEST_NS:-}" != "$(readlink /proc/self/ns/net)" ]; then
	if [ "$(id -u)" != 0 ] || ! command -v mmdebstrap >/dev/null; then
		echo "1..0 # SKIP needs root and mmdebstrap"
		exit 0
	fi
	# shellcheck disable=SC2016
	exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
		bash -c 'NOLIST_TEST_NS=$(readlink /proc/self/ns/net) exec "$@"' - "$0" "$@"
fi
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mkdir -p "$BUILD/bare"
bare=$(mktemp -d "$BUILD/bare/XXXXXX")
trap 'rm -rf --one-file-system "$TMP" "$bare"' EXIT
apt-config dump | grep -E '^Acquire::([a-z]+::Proxy|Check)' >"$TMP/apt.conf"
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' \
	'Label: Debian' 2>/dev/null | head -n 1)

# make_root: of the release $suite, with what README takes for given, and this tree.
make_root() {
	local root=$bare/$suite

	mkdir -p "$BUILD/bare/archives.$suite"
	mmdebstrap --variant=minbase --include=make,git --aptopt="$TMP/apt.conf" \
		"$suite" "$root" "${mirror:-http://deb.debian.org/debian}" >"$TMP/mmdebstrap" 2>&1 ||
		{ tail -n 20 "$TMP/mmdebstrap" && return 1; }
	cp /etc/resolv.conf "$root/etc/"
	echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/fast"
	mkdir "$root/root/nolist-xdp"
	tar -C "$TOP" -c --exclude=./build . | tar -C "$root/root/nolist-xdp" --no-same-owner -x
}

# fresh: the root of what follows, in_root, is a new copy of that one.
fresh() {
	root=$bare/root
	rm -rf --one-file-system "$root"
	cp -a "$bare/$suite" "$root"
}

# in_root COMMAND...: in the tree's copy, with processes and mounts of its own.
in_root() {
	# shellcheck disable=SC2016
	unshare --mount --pid --uts --ipc --fork --kill-child bash -c '
		root=$0 archives=$1 && shift &&
		mount --bind "$root" "$root" && cd "$root" &&
		mount --bind "$archives" var/cache/apt/archives &&
		mount -t proc proc proc && mount -t sysfs sys sys && mount -t bpf bpf sys/fs/bpf &&
		mount --rbind /dev dev && mount -t tmpfs run run && mount -t tmpfs tmp tmp &&
		pivot_root . . && umount -l . && cd /root/nolist-xdp || exit
		exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/root LC_ALL=C.UTF-8 "${@}"' \
		"$root" "$BUILD/bare/archives.$suite" $(proxies) "$@"
}

# The machine's, as env(1) takes them.
proxies() {
	env | grep -iE '^(https?|ftp|no)_proxy=[^ ]*$'
}

# step_of TARGET: how its recipe begins that installs what it needs.
step_of() {
	in_root make -n "$1" | grep -x 'scripts/deps\.sh.*'
}

# installs TARGET
installs() {
	local step

	step=$(step_of "$1") || { echo "make $1 installs nothing" && return 1; }
	in_root bash -ec "$step"
}

# lacks FILE...: which programs these scripts call that are not in the root. Those
# in $elsewhere need not be.
lacks() {
	"$TOP/selftests/lib/programs.sh" "$@" >"$TMP/all" || echo "which programs $* call"
	grep -vxFf <(printf '%s\n' $elsewhere) "$TMP/all" >"$TMP/programs"
	in_root bash -c 'while read -r p; do command -v "$p" >/dev/null || echo "$p"; done' <"$TMP/programs"
}
