#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs what is missing, on Debian and Ubuntu, and nothing else:
#   scripts/deps.sh          to build
#   scripts/deps.sh demo     and to build the lab (scripts/fetch.sh gets the rest)
#   scripts/deps.sh check    and to test
#   scripts/deps.sh more     and to test what takes long
#   scripts/deps.sh fuzz     to build, and to fuzz
#   scripts/deps.sh kernels  and to test on other kernels, with other compilers
#   scripts/deps.sh deb      and to build a Debian package
#   scripts/deps.sh check-deb  and to try it
#   scripts/deps.sh bench    to build, and to measure beside peers
#   scripts/deps.sh plot     to draw what was measured
# Silent, and without asking the network, when nothing is missing. Mail, DNS and
# list servers are never installed: see scripts/fetch.sh.

set -eu

build="make gcc libc6-dev linux-libc-dev pkg-config clang llvm bpftool
	libbpf-dev libxdp-dev libconfuse-dev libmnl-dev libnftables-dev nettle-dev
	libjansson-dev libsqlite3-dev libsystemd-dev libpcre2-dev libncurses-dev
	libunbound-dev libcurl4-openssl-dev libidn2-dev libmicrohttpd-dev libseccomp-dev
	libhiredis-dev libgnutls28-dev libloc-dev libzstd-dev"
demo="iproute2"
check="ca-certificates curl ethtool iptables jq libpcap-dev mandoc netbase netcat-openbsd nftables
	nmap openssl perl procps python3 redis-server redis-tools sqlite3 swaks tcpdump tmux xdp-tools"

fuzz="sqlite3"
more="mmdebstrap shfmt strace stunnel4"
kernels="busybox-static dpkg-dev kmod m4 qemu-system-x86 xz-utils"
compilers="clang-14 clang-16 clang-19" # those of them that this release has
deb="build-essential debhelper dpkg-dev"
check_deb="lintian mmdebstrap"
plot="gnuplot-nox jq"
bench="ethtool iproute2 ipset iptables libpcap-dev nftables procps python3 redis-server redis-tools $plot"

die() {
	printf 'deps.sh: %s\n' "$@" >&2
	exit 1
}

# Debian packages bpftool; Ubuntu hides it among the kernel's tools, behind a
# wrapper that may find none for the running kernel.
bpftool_package() {
	local tool

	for tool in /usr/lib/linux-tools-*/bpftool /usr/sbin/bpftool bpftool; do
		if "$tool" version >/dev/null 2>&1; then
			return
		fi
	done
	if apt-cache policy bpftool 2>/dev/null | grep -q 'Candidate: [0-9]'; then
		echo bpftool
	else
		echo linux-tools-common linux-tools-generic
	fi
}

missing() {
	local p

	for p in "$@"; do
		if [ "$p" = bpftool ]; then
			bpftool_package
			continue
		fi
		case $(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) in
		installed*) ;;
		*) echo "$p" ;;
		esac
	done
}

# Those of "$@" that the package lists have; all, where there are no lists yet.
offered() {
	local p

	for p in "$@"; do
		if ! compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null ||
			apt-cache policy "$p" | grep -q 'Candidate: [0-9]'; then
			echo "$p"
		fi
	done
}

# All on one line.
to_install() {
	# shellcheck disable=SC2046,SC2086 # lists of words
	echo $(missing $wanted) $(offered $(missing $optional))
}

optional=
case ${1-} in
'') wanted=$build ;;
demo) wanted="$build $demo" ;;
check) wanted="$build $demo $check" ;;
more) wanted="$build $demo $check $more" ;;
# libFuzzer is the compiler's own.
fuzz) wanted="$build $fuzz libclang-rt-$(clang --version | sed -n 's/.*version \([0-9]*\).*/\1/p')-dev" ;;
kernels) wanted="$build $demo $check $kernels" optional=$compilers ;;
deb) wanted="$build $deb" ;;
check-deb) wanted="$build $deb $check_deb" ;;
bench) wanted="$build $bench" ;;
plot) wanted=$plot ;;
*) die "usage: deps.sh [demo|check|more|fuzz|kernels|deb|check-deb|bench|plot]" ;;
esac

if ! command -v dpkg-query >/dev/null; then
	printf 'deps.sh: not Debian or Ubuntu; needed, by their names there: %s\n' \
		"${wanted//[$'\n\t']/ } $optional" >&2
	exit 0
fi
packages=$(to_install)
if [ -z "$packages" ]; then
	exit 0
fi
if [ "$(id -u)" != 0 ]; then
	die "missing: $packages" "to install them run: sudo $0${1+ $1}"
fi

export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt="apt-get -q -y -o DPkg::Lock::Timeout=120"
if ! $apt update >"$log" 2>&1; then
	cat "$log" >&2
	echo "deps.sh: 'apt-get update' failed; trying with the package lists at hand" >&2
fi
packages=$(to_install)
[ -n "$packages" ] || exit 0
echo "deps.sh: installing $packages"
# shellcheck disable=SC2086
if ! $apt install --no-install-recommends $packages >"$log" 2>&1; then
	cat "$log" >&2
	die "'apt-get install' failed, its words are above; wanted: $packages"
fi
