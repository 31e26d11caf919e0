#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tries the package that scripts/deb.sh has built: lintian has no errors, it
# installs in a small Debian of its own (build/deb/root, from Debian's mirror),
# starts and enables nothing, works there, survives an upgrade, and leaves nothing
# when it is purged. Prints a line for each and exits 1 when one failed.

set -u
cd "$(dirname "$0")/.." || exit 1
out=$PWD/build/deb
root=$out/root
status=0

die() {
	printf 'check-deb.sh: %s\n' "$@" >&2
	exit 1
}

# check NAME COMMAND...
check() {
	local name=$1 words

	shift
	if words=$("$@" 2>&1); then
		echo "ok - $name"
	else
		echo "not ok - $name"
		sed 's/^/# /' <<<"$words"
		status=1
	fi
}

# inside COMMAND...: with a network, mounts and processes of its own.
inside() {
	# shellcheck disable=SC2016
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive \
		unshare --mount --net --pid --fork --kill-child sh -c '
			mount -t proc proc "$0/proc" && mount -t sysfs sys "$0/sys" &&
				mount -t bpf bpf "$0/sys/fs/bpf" && mount -t tmpfs run "$0/run" || exit
			root=$0 && exec chroot "$root" "$@"' "$root" "$@"
}

[ "$(id -u)" = 0 ] || die "needs root"
deb=$(ls "$out"/nolist-xdp_*.deb) || die "no package: make deb"
deb=$(readlink -f "$deb")
version=$(dpkg-deb -f "$deb" Version)
suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)

check "lintian has no errors" lintian --allow-root --fail-on error "$deb"

rm -rf --one-file-system "$root"
# shellcheck disable=SC2016
if ! mmdebstrap --variant=apt \
	--customize-hook="cp '$deb' \"\$1/tmp/nolist-xdp.deb\"" \
	--customize-hook='chroot "$1" apt-get install -q -y --no-install-recommends /tmp/nolist-xdp.deb' \
	"$suite" "$root" >"$out/root.log" 2>&1; then
	tail -n 20 "$out/root.log" >&2
	die "no Debian '$suite' with the package in $root, the words are above"
fi
echo "ok - it installs in Debian $suite, with what it depends on"

check "nothing is enabled" sh -c "! find '$root/etc/systemd' -name 'nolist*' | grep ."
check "nothing is configured" sh -c "! find '$root/etc' -name 'nolist*' | grep ."
says_version() {
	[ "$(inside nolist-xdp --version)" = "nolist-xdp $version" ]
}
check "nolist-xdp --version" says_version
check "nolist-xdp lint --help" inside nolist-xdp lint --help
# shellcheck disable=SC2016
check "nolist-xdp check lo" inside sh -c '
	out=$(nolist-xdp check lo 2>&1)
	echo "$out"
	case $? in [01]) ;; *) exit 1 ;; esac
	echo "$out" | grep -q "lo  *driver  *the loopback"'
# shellcheck disable=SC2016
check "it loads, prints its status, and unloads" inside sh -ec '
	nolist-xdp load -i lo --mode generic --low 192.0.2.10 --real 192.0.2.20 --high 192.0.2.30
	nolist-xdp status | grep -q 192.0.2.30
	nolist-xdp unload --purge'
check "the object for ip link is a BPF program" sh -c \
	"readelf -h '$root/usr/lib/bpf/nolist.bpf.o' | grep -q 'Linux BPF'"
for file in lib/systemd/system/nolist-xdp.service usr/share/man/man8/nolist-xdp.8.gz \
	usr/share/doc/nolist-xdp/nolist-xdp.conf usr/share/doc/nolist-xdp/docs/dialogue.md; do
	check "/$file is there" test -s "$root/$file"
done
check "providers.sh can be run" test -x "$root/usr/share/doc/nolist-xdp/providers.sh"
check "published lists have a place" [ "$(stat -c %a "$root/var/lib/nolist-xdp/lists")" = 755 ]
check "documents name the package's paths" sh -c "
	! grep -rl /usr/local '$root/usr/share/doc/nolist-xdp' | grep -v -e CHANGELOG -e bench | grep ."
check "bash completes it" inside bash -c \
	'. /usr/share/bash-completion/completions/nolist-xdp &&
	COMP_WORDS=(nolist-xdp un) COMP_CWORD=1 && _nolist_xdp && [ "${COMPREPLY[*]}" = unload ]'
check "the unit names what is there" sh -c "
	sed -n 's/^Exec[A-Za-z]*=\([^ ]*nolist[^ ]*\).*/\1/p' '$root'/lib/systemd/system/nolist-xdp*.service |
		while read -r path; do [ -x '$root'/\$path ] || exit 1; done"
cp "$deb" "$root/tmp/nolist-xdp.deb"
check "it can be upgraded" inside dpkg -i /tmp/nolist-xdp.deb
check "still nothing is enabled" sh -c "! find '$root/etc/systemd' -name 'nolist*' | grep ."

mkdir -p "$root/var/lib/nolist-xdp" && touch "$root/etc/nolist-xdp.conf"
check "it can be purged" inside dpkg --purge nolist-xdp
# shellcheck disable=SC2016
check "and nothing is left" inside sh -c '
	! find / -xdev -name "*nolist*" ! -path "/tmp/*" ! -path "/proc/*" ! -path "/sys/*" | grep .'
rm -rf --one-file-system "$root"
exit $status
