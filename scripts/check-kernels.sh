#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the tests on Debian's own kernels, in qemu's plain emulation:
#   scripts/check-kernels.sh [VERSION...]     6.1 and 6.12 when none is named
#   T="TEST..."       only these; "insns" is none but counting instructions
#   LIMIT=SECONDS     that a test may take, 900 unless given
#   UPDATE=1          write the instruction counts to docs/kernels.md
#   VM_LIMIT=SECONDS  that a guest may live, 7200 unless given
#   CONTINUE=1        keep what this very build has passed or failed before, and run
#                     the rest: where the time was up, or only some tests were named
#   PRINT=1           run nothing, print what has come out, with what did not run
# The newest package of each VERSION is downloaded and unpacked below build/vm,
# never installed; all are booted at once where there is a processor for each. A
# guest sees this machine's files read-only, runs what was built here
# (scripts/vm-run.sh), and writes to build/vm/VERSION/results only.
# Prints a table of tests x kernels; exits 0 when all passed, 1 when not, 2
# when a guest could not be made, 3 when what was run passed but VM_LIMIT cut it
# short. Nothing touches this machine's network.

set -u
cd "$(dirname "$0")/.." || exit 2
shopt -s nullglob
tree=$PWD
vm=$tree/build/vm
table=docs/kernels.md
compilers=$(for c in 14 16 19; do command -v "clang-$c" >/dev/null && echo "$c"; done)
most_insns=250000 # of each program
libxdp_from=forky # the Debian whose libxdp is 1.5.5 or later
limit=${LIMIT:-900}
only=${T:-}
versions=("${@:-6.1 6.12}")
read -ra versions <<<"${versions[*]}"
status=0

die() {
	printf 'check-kernels: %s\n' "$@" >&2
	exit 2
}

complain() {
	printf '%s\n' "$*"
	status=1
}

# Not run, since the guest's time was up.
complain_late() {
	printf '%s\n' "$*"
	[ $status != 0 ] || status=3
}

# --- the kernels -------------------------------------------------------------

newest_package() {
	apt-cache search --names-only "^linux-image-${1//./\\.}\.[0-9.]+([-+][a-z0-9]+)?-amd64\$" |
		cut -d' ' -f1 | sort -V | tail -n 1
}

# Without package lists the newest that is here already has to do.
newest_unpacked() {
	local ready=("$vm/linux-image-$1".*-amd64/ready)

	printf '%s\n' "${ready[@]%/ready}" | sort -V | tail -n 1
}

# unpack VERSION: prints the directory that holds the kernel's package.
unpack() {
	local package dir part

	package=$(newest_package "$1")
	if [ -z "$package" ]; then
		newest_unpacked "$1"
		return
	fi
	dir=$vm/$package
	part=$dir.part
	if [ ! -f "$dir/ready" ]; then
		rm -rf "$dir" "$part"
		mkdir -p "$part"
		(
			cd "$part" && apt-get -q download "$package" && dpkg-deb -x ./*.deb . && rm ./*.deb ||
				exit
			# Some packages have their modules in /lib, some in /usr/lib.
			if [ -d lib ]; then
				mkdir -p usr/lib && mv lib/modules usr/lib/ && rm -r lib || exit
			fi
			ln -s usr/lib lib && depmod -b . "$(ls lib/modules)" && touch ready
		) >"$vm/unpack.log" 2>&1 && mv "$part" "$dir" || return
	fi
	echo "$dir"
}

# A libxdp that newer kernels let take ours beside others (docs/kernels.md): a later
# Debian's source, built, not installed, and its xdp-filter, which has a libxdp built in.
# Without it a test says that it was skipped.
later_libxdp() {
	local dir=$vm/libxdp options

	[ ! -e "$dir/ready" ] || [ ! -e "$dir/xdp-filter" ] || return 0
	rm -rf "$dir"
	mkdir -p "$dir"/{lists/partial,archives/partial}
	echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
		"http://deb.debian.org/debian $libxdp_from main" >"$dir/sources.list"
	options=(-q -o "Dir::Etc::SourceList=$dir/sources.list" -o "Dir::Etc::SourceParts=/dev/null"
		-o "Dir::State::Lists=$dir/lists" -o "Dir::Cache=$dir" -o "APT::Sandbox::User=root")
	(
		cd "$dir" && apt-get "${options[@]}" update &&
			apt-get "${options[@]}" source --download-only xdp-tools &&
			dpkg-source --no-check -x xdp-tools_*.dsc src && cd src &&
			./configure && make libxdp xdp-filter && cp -a lib/libxdp/{*.so*,xdp*.o} .. &&
			cp -a xdp-filter/{xdp-filter,xdpfilt_*.o} .. && touch ../ready
	) >"$vm/libxdp.log" 2>&1
}

# The modules without which the guest has no root, in the order they load.
root_modules() {
	local name

	for name in virtio_pci 9pnet_virtio 9p overlay; do
		modprobe -d "$1" -S "$2" --show-depends "$name" || return
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# initramfs KERNEL: busybox, scripts/vm-init.sh and those modules.
initramfs() {
	local root=$1/initramfs file name

	rm -rf "$root"
	mkdir -p "$root"/{bin,modules,proc,sys,dev,mem,host,root} || return
	cp "$(command -v busybox)" "$root/bin/busybox" || return
	for name in sh mount insmod mkdir sed poweroff switch_root; do
		ln -s busybox "$root/bin/$name"
	done
	for file in $(root_modules "$1" "$(ls "$1/lib/modules")"); do
		name=${file##*/}
		case $file in
		*.xz) xz -dc "$file" ;;
		*) cat "$file" ;;
		esac >"$root/modules/${name%.xz}" || return
		echo "${name%.xz}" >>"$root/modules/order"
	done
	install -m 755 scripts/vm-init.sh "$root/init" || return
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$1/initramfs.gz"
}

# --- what to run -------------------------------------------------------------

build() {
	local c file out

	if [ "$only" = insns ]; then
		make -s build/selftests/vm/insns || { complain "make has failed" && exit 1; }
	else
		make -s tests || { complain "make tests has failed" && exit 1; }
		# Mail servers and the like come from Debian's archive, which no guest reaches.
		while read -r file; do
			out=$(NOLIST_ONLY_FETCH=1 "$file") ||
				die "cannot fetch what $file needs" "$out"
		done < <(plan | cut -d' ' -f3 | sort -u | grep '\.sh$' | xargs -r grep -l '^FETCH=')
	fi
	for c in $compilers; do
		mkdir -p "$vm/clang-$c"
		make -s CLANG="clang-$c" B="build/vm/clang-$c" "build/vm/clang-$c/nolist.bpf.o" ||
			{ complain "clang-$c cannot compile bpf/nolist.bpf.c" && exit 1; }
	done
}

# Lines of MODE TEST FILE. A test of vm/ says in a line "# modes:" how it can run;
# the others bring their own veths. What asks the kernel nothing that it is here for
# would only take time: unit/, and tests that say "# modes: none".
plan() {
	local file name mode

	for file in selftests/vm/*.sh {build/selftests,selftests}/{prog,net,tool}/*; do
		name=${file#*selftests/}
		name=${name%.sh}
		if [[ $name = *.* || ! -x $file || (-n $only && " $only " != *" $name "*) ]]; then
			continue
		fi
		for mode in $(sed -n '/^# modes: /{s///p;q}' "$file" | grep -a . || echo own); do
			[ "$mode" = none ] || echo "$mode $name $file"
		done
	done
}

# --- the guests --------------------------------------------------------------

declare -A guests=() # process ids, by version
stop_guests() {
	[ ${#guests[@]} = 0 ] || kill "${guests[@]}" 2>/dev/null
	wait
}
trap stop_guests EXIT
trap 'exit 130' INT TERM

# Two cards of each kind, joined by nothing that reaches this machine's network:
# virtio cards with two queue pairs over a bridge in a namespace of qemu's own,
# e1000 cards inside qemu. A card's place is the last byte of its address.
wires='
	ip link set lo up
	ip link add br0 type bridge mcast_snooping 0 && ip link set br0 up || exit
	for tap in tap1 tap2; do
		ip tuntap add $tap mode tap multi_queue && ip link set $tap master br0 up || exit
	done
	exec "$@"'
cards=(
	-netdev "tap,id=n1,ifname=tap1,script=no,downscript=no,queues=2"
	-netdev "tap,id=n2,ifname=tap2,script=no,downscript=no,queues=2"
	-device "virtio-net-pci,netdev=n1,mq=on,vectors=6,mac=52:54:00:00:00:01"
	-device "virtio-net-pci,netdev=n2,mq=on,vectors=6,mac=52:54:00:00:00:02"
	-netdev "hubport,hubid=1,id=n3" -netdev "hubport,hubid=1,id=n4"
	-device "e1000,netdev=n3,mac=52:54:00:00:00:03"
	-device "e1000,netdev=n4,mac=52:54:00:00:00:04"
)

# What costs an emulator most and means nothing to it: string instructions, which it
# walks byte by byte (112 is rep_good), guards at the border of the kernel, and mitigations of
# the faults of real processors. Without them a process starts in half the time.
processor=max,-erms,-smap,-smep
kernel_options="clearcpuid=112 mitigations=off norandmaps"

# prepare VERSION: what is to be run, and what is left of it.
prepare() {
	local out=$vm/$1/results sum

	sum=$(cat build/nolist-xdp build/vm/clang-*/nolist.bpf.o | sha256sum)
	if [ -z "${CONTINUE:-}" ] || [ "$sum" != "$(cat "$out/sum" 2>/dev/null)" ]; then
		rm -rf "$out"
	fi
	mkdir -p "$out" && rm -f "$out/done" "$out/late" && touch "$out/tests" && echo "$sum" >"$out/sum" &&
		plan >"$out/plan" &&
		awk -v run="$out/tests" '
			BEGIN { while ((getline line < run) > 0) if (split(line, w, " ")) seen[w[1] " " w[2]] }
			!(($1 " " $2) in seen)' "$out/plan" >"$out/todo"
}

# boot VERSION KERNEL: starts the guest, unless nothing is left to be run.
boot() {
	local out=$vm/$1 release

	release=$(ls "$2/lib/modules")
	prepare "$1" || return
	if [ ! -s "$out/results/todo" ] && [ -s "$out/results/insns" ]; then
		touch "$out/results/done"
		return
	fi
	unshare --net sh -c "$wires" - timeout -k 5 "${VM_LIMIT:-7200}" \
		qemu-system-x86_64 -accel tcg -cpu "$processor" -smp 2 -m 1536 \
		-nodefaults -no-user-config -no-reboot -display none \
		-serial "file:$out/console" -device virtio-rng-pci \
		-kernel "$2/boot/vmlinuz-$release" -initrd "$2/initramfs.gz" \
		-append "console=ttyS0 quiet panic=-1 oops=panic $kernel_options tree=$tree kernel=$2 limit=$limit" \
		-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
		-virtfs "local,path=$out/results,mount_tag=results,security_model=none" \
		"${cards[@]}" >"$out/qemu.log" 2>&1 &
	guests[$1]=$!
}

# finished VERSION: waits for its guest; has it run at all?
finished() {
	local out=$vm/$1/results

	if [ -n "${guests[$1]:-}" ]; then
		wait "${guests[$1]}"
		[ $? != 124 ] || touch "$out/late"
		unset "guests[$1]"
	fi
	[ -s "$out/release" ]
}

# --- what came out -----------------------------------------------------------

# verdict MODE TEST: one cell of the table, from what the test said.
verdict() {
	local line

	line=$(grep -s "^$1 $2 " tests) || line="$1 $2 0 none"
	# shellcheck disable=SC2086
	awk -v status="${line##* }" -v tenths="$(cut -d' ' -f3 <<<"$line")" '
		/^ok/ { if (/# SKIP/) skipped++; else ok++ }
		/^not ok/ && !/# TODO/ { failed++ }
		/^1\.\.[0-9]/ { planned = 1; n = substr($1, 4); whole = n == 0 && /SKIP/ }
		/^Bail out!/ { bailed = 1 }
		END {
			if (status == "none") cell = "DID NOT RUN"
			else if (status == 124 || status == 137) cell = "TIME IS UP"
			else if (failed) cell = failed " FAILED of " ok + skipped + failed
			else if (bailed || !planned || status != 0 || (n != ok + skipped)) cell = "DIED"
			else if (whole) cell = "skipped"
			else cell = "ok " ok (skipped ? ", skipped " skipped : "")
			printf "%s, %.1f s\n", cell, tenths / 10
		}' "$1.${2/\//_}.tap" 2>/dev/null || echo "DID NOT RUN"
}

# documented VERSION PROGRAM COMPILER: the count in the table.
documented() {
	awk -F' *[|] *' -v v="$1" -v p="$2" -v c="$3" '
		/clang [0-9]/ { for (i = 1; i <= NF; i++) if ($i == "clang " c) column = i }
		$2 == v && $3 == p && column { print $column }' "$table"
}

# check_insns VERSION FILE: none was refused, none has grown by more than a tenth.
check_insns() {
	local compiler program count was _

	while read -r compiler program count _; do
		if ! [[ $count =~ ^[0-9]+$ ]]; then
			complain "$1: clang $compiler: $program $count $_"
			continue
		fi
		[ "$count" -le "$most_insns" ] ||
			complain "$1: clang $compiler: $program: $count instructions, more than $most_insns"
		was=$(documented "$1" "$program" "$compiler")
		if [ -n "${UPDATE:-}" ]; then
			continue
		elif [ -z "$was" ]; then
			complain "$1: clang $compiler: $program: $count instructions, and no row in $table"
		elif [ "$count" -gt $((was + was / 10)) ]; then
			complain "$1: clang $compiler: $program: $count instructions," \
				"more than a tenth above the $was in $table"
		fi
	done <"$2"
}

# update_table VERSION FILE: puts the counts into the table's rows.
update_table() {
	local program row c

	for program in $(awk '{ print $2 }' "$2" | sort -u); do
		row="| $1 | $program |"
		for c in $compilers; do
			row+=" $(awk -v c="$c" -v p="$program" '$1 == c && $2 == p { print $3 }' "$2") |"
		done
		row+=" $(awk -v p="$program" '$2 == p && $4 > n { n = $4 } END { print n }' "$2") |"
		awk -v row="$row" -v key="| $1 | $program |" '
			index($0, key) == 1 { next }
			/^\|/ { inside = /clang [0-9]/ ? 1 : inside }
			!/^\|/ && inside { print row; inside = 0 }
			{ print }' "$table" >"$table.new" && mv "$table.new" "$table"
	done
}

# report VERSION...: the table, then the reasons.
report() {
	local version mode test file cell format="%-30s" line

	for version; do
		format+="%-26s"
	done
	format+='\n'
	# shellcheck disable=SC2059
	row() { printf "$format" "$@" | sed 's/ *$//'; }
	cells() {
		local v line=()
		for v in "${reported[@]}"; do
			line+=("$(cd "$vm/$v/results" && "$@")")
		done
		row "$name" "${line[@]}"
	}
	local reported=("$@") name
	name=kernel cells cat release
	name="boot, seconds" cells cat boot
	name="tests, seconds" cells sh -c '[ -f done ] || { echo UNFINISHED; exit; }
		awk "{ n += \$3 } END { printf \"%.0f\n\", n / 10 }" tests'
	for c in $compilers; do
		name="instructions, clang $c" cells awk -v c="$c" '
			$1 == c && $3 ~ /^[0-9]+$/ { n = n (n ? ", " : "") $3 }
			END { print n ? n : "REFUSED" }' insns
	done
	while read -r mode test file; do
		name="$mode $test" cells verdict "$mode" "$test"
	done <"$vm/$1/results/plan"
	[ -n "$only" ] || echo "left out, as they ask the kernel for nothing new: unit/*" \
		"$(grep -l '^# modes: none$' selftests/*/*.sh | sed 's,selftests/,,; s/\.sh$//' | paste -sd' ')"
}

# reasons VERSION: what failed and what was skipped, word for word.
reasons() {
	local version=$1 mode test file cell

	cd "$vm/$version/results" || return
	if [ -f late ]; then
		complain_late "$version: the guest's time was up: VM_LIMIT"
	elif [ ! -f ./done ]; then
		complain "$version: the guest did not finish; see build/vm/$version/console"
	fi
	while read -r mode test file; do
		cell=$(verdict "$mode" "$test")
		case $cell in
		ok*skipped* | skipped*)
			grep -h '# SKIP' "$mode.${test/\//_}.tap" | sed "s/^/$version: $mode $test: /"
			;;
		ok*) ;;
		"DID NOT RUN"*)
			if [ -f late ]; then
				complain_late "$version: $mode $test: $cell"
			else
				complain "$version: $mode $test: $cell"
			fi
			;;
		*)
			complain "$version: $mode $test: $cell; see build/vm/$version/results/$mode.${test/\//_}.*"
			grep -hs -A3 -e '^not ok' -e '^Bail out' "$mode.${test/\//_}.tap" |
				grep -v '^ok' | head -n 20 | sed 's/^/	/'
			;;
		esac
	done <plan
	cd "$tree" || exit
}

run_guests() {
	local version kernel c

	build
	[[ -n $only && " $only " != *" vm/later "* ]] || later_libxdp ||
		echo "check-kernels: no later libxdp; see build/vm/libxdp.log" >&2
	for version in "${versions[@]}"; do
		kernel=$(unpack "$version")
		[ -n "$kernel" ] || die "no kernel $version in this release's archive; KERNEL=VERSION takes another," \
			"Debian 12 has 6.1 and 6.12, Debian 13 has 6.12; see build/vm/unpack.log"
		initramfs "$kernel" || die "cannot make an initramfs of $kernel"
		echo "check-kernels: booting ${kernel##*/}" >&2
		boot "$version" "$kernel"
		# At the same time, where there is a processor for each.
		[ "$(nproc)" -ge ${#versions[@]} ] || finished "$version"
	done
	for version in "${versions[@]}"; do
		if finished "$version"; then
			booted+=("$version")
		else
			complain "$version: did not boot; see build/vm/$version/console and qemu.log"
		fi
	done
	[ ${#booted[@]} -gt 0 ] || exit 2

	# This machine's own kernel counts too; it needs no guest.
	for c in $compilers; do
		build/selftests/vm/insns "$vm/clang-$c/nolist.bpf.o" 2>&1 | sed "s/^/$c /"
	done >"$vm/insns.$own"
	for version in "${booted[@]}"; do
		cp "$vm/$version/results/insns" "$vm/insns.$version"
	done
}

# --- all of it ---------------------------------------------------------------

[ "$(id -u)" = 0 ] || die "needs root: namespaces for the guests' network"
[ -n "$compilers" ] || die "none of clang-14, clang-16, clang-19 is installed: scripts/deps.sh kernels"
[ "$(wc -w <<<"$compilers")" = 3 ] || echo "check-kernels: only with clang" $compilers "of 14, 16, 19" >&2
[ -z "${UPDATE:-}" ] || [ "$(wc -w <<<"$compilers")" = 3 ] || die "UPDATE needs all three"
mkdir -p "$vm"
own=$(uname -r | grep -o '^[0-9]*\.[0-9]*')
booted=()
if [ -n "${PRINT:-}" ]; then
	for version in "${versions[@]}"; do
		[ -s "$vm/$version/results/release" ] && plan >"$vm/$version/results/plan" &&
			booted+=("$version")
	done
	[ ${#booted[@]} -gt 0 ] || die "nothing has run yet"
else
	run_guests
fi

report "${booted[@]}" | tee "$vm/table"
for version in "${booted[@]}"; do
	reasons "$version"
done
for version in "${booted[@]}" "$own"; do
	[ -e "$vm/insns.$version" ] || continue
	[ "$version" != "$own" ] || [ -n "${UPDATE:-}$(documented "$own" nolist_ingress 14)" ] || continue
	check_insns "$version" "$vm/insns.$version"
	[ -z "${UPDATE:-}" ] || update_table "$version" "$vm/insns.$version"
done
exit $status
