#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# modes: none
#
# Every make target on a machine that has nothing but make and git: its first step
# installs all that the rest calls, or it names what is missing. Why it matters: each
# of us has had all of it installed for years, and nobody who tries the program has.
# BARE="bookworm" tries only that release, TARGETS="deb bench" only these.
# shellcheck disable=SC2317,SC2086,SC2046 # functions that check() calls, lists of words
# shellcheck source=selftests/lib/bare.sh
. "$(dirname "$0")/../lib/bare.sh"

need shfmt jq
cd "$TOP" || exit 1
shopt -s nullglob

# Of packages that scripts/fetch.sh unpacks where they run, and of busybox in guests.
elsewhere="dig exim4 nsd postconf postfix postmap postqueue sendmail smtpctl syslogd m4
	insmod poweroff switch_root"
# Where these are not, a test skips what needs them.
elsewhere+=" man systemctl systemd-analyze systemd-detect-virt"
# Arguments of functions, and a function in a string.
elsewhere+=" last route wire_cards"
lab="scripts/demo.sh scripts/lab.sh scripts/fetch.sh scripts/inroot.sh scripts/mta.sh scripts/wire.sh"
lib="selftests/run.sh selftests/lib/run-one.sh selftests/lib/lib.sh selftests/lib/lab.sh
	selftests/lib/judge.sh scripts/providers.sh scripts/nolist-xdp.bash-completion"
# tests -L: of the core. tests -l: of the rest.
tests() {
	grep "$1" '^# circle: more$' selftests/{unit,prog,tool,net}/*.sh
}

# says WORDS COMMAND...: it fails, with these words.
says() {
	local words=$1 out

	shift
	if out=$(in_root "$@" 2>&1) || ! grep -qF -- "$words" <<<"$out"; then
		echo "$out" && return 1
	fi
}

builds() {
	in_root make -s "$@"
}

without_anything() {
	fresh
	check "$suite: make names what is missing, and the hint" says "make deps" make
	check "$suite: so does the lab" says "'ip' is not installed: scripts/deps.sh demo" scripts/lab.sh up
	check "$suite: bench-plot, that there is nothing to draw" says "make bench first" make bench-plot
	is "$(in_root sh -c 'command -v gcc gnuplot')" '' "$suite: and they install nothing"
}

# target NAME FILE...: its first step, then what its scripts call.
target() {
	local name=$1

	shift
	fresh
	check "$suite: make $name installs" installs "$name"
	is "$(lacks scripts/deps.sh scripts/version.sh "$@")" '' "$suite: make $name: all programs that it calls"
	is "$(step=$(step_of "$name") && in_root unshare --net bash -c "$step" 2>&1)" '' \
		"$suite: make $name: nothing more is to be installed"
}

installed_package() {
	local deb

	deb=$(ls "$root"/root/nolist-xdp/build/deb/nolist-xdp_*.deb) && mv "$deb" "$bare/nolist.deb" &&
		fresh && cp "$bare/nolist.deb" "$root/root/nolist-xdp/" &&
		in_root apt-get -q -y update &&
		in_root apt-get -q -y install --no-install-recommends ./nolist.deb &&
		[[ $(in_root nolist-xdp --version) = "nolist-xdp "[0-9]* ]]
}

# What each target's first step promises, tried.
try_deps() {
	target deps
	check "$suite: make" builds
	check "$suite: make install" in_root make -s install PREFIX=/usr
	check "$suite: the tool runs" in_root nolist-xdp --version
	check "$suite: make uninstall" in_root make -s uninstall PREFIX=/usr
}

try_demo() {
	target demo $lab
	check "$suite: make demo" in_root make demo
}

try_check() {
	target check $lab $lib $(tests -L)
	check "$suite: make tests" builds tests
	check "$suite: a test of each kind" in_root selftests/run.sh unit/addr prog/packets tool/help
}

try_check-more() {
	target check-more $lab $lib $(tests -l) selftests/lib/{bare,programs}.sh
}

try_check-kernels() {
	local c

	target check-kernels $lab $lib selftests/lib/vm.sh selftests/vm/*.sh scripts/check-kernels.sh \
		scripts/vm-*.sh
	for c in 14 16 19; do
		! in_root sh -c "command -v clang-$c" >/dev/null ||
			check "$suite: clang $c compiles" builds CLANG=clang-$c build/nolist.bpf.o
	done
}

try_bench() {
	local elsewhere="$elsewhere tcpdump" # of lib.sh's captures: no benchmark makes one

	target bench $lib selftests/bench/*.sh
	check "$suite: make bench-build" builds bench-build build/selftests/lib/inject \
		build/selftests/lib/xdp_pass.bpf.o
}

try_bench-plot() {
	target bench-plot selftests/bench/plot.sh
}

try_check-deb() {
	local elsewhere="$elsewhere nolist-xdp _nolist_xdp" # of the package, in its own root

	target check-deb scripts/check-deb.sh scripts/deb.sh
}

try_deb() {
	target deb scripts/deb.sh
	check "$suite: make deb" in_root make -s deb
	check "$suite: and that package installs in a bare root" installed_package
}

for suite in ${BARE:-bookworm trixie}; do
	check "$suite: a bare root" make_root || continue
	without_anything
	for name in ${TARGETS:-deps demo check check-more check-kernels bench bench-plot check-deb deb}; do
		"try_$name"
	done
done
done_testing
