#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the tests and tells with prove(1)'s exit status whether they passed.
# Keeps no list: every executable selftests/PREFIX_*.sh and every built
# build/selftests/PREFIX_* is one. `run.sh NAME...` runs only the named ones.
set -u

cd "$(dirname "$0")/.." || exit 2
shopt -s nullglob

tests=()
for prefix in unit prog tool net; do
	for t in selftests/"$prefix"_*.sh build/selftests/"$prefix"_*; do
		case $t in
		*.o | *.d) continue ;;
		esac
		if [ ! -f "$t" ] || [ ! -x "$t" ]; then
			continue
		fi
		name=${t##*/}
		name=${name%.sh}
		if [ $# -gt 0 ]; then
			case " $* " in
			*" $name "*) ;;
			*) continue ;;
			esac
		fi
		tests+=("$t")
	done
done

# A test that was asked for by a name that does not exist has not passed.
if [ "${#tests[@]}" -lt "$#" ] || [ "${#tests[@]}" -eq 0 ]; then
	echo "run.sh: no such test: ${*:-selftests/* and build/selftests/* are empty}" >&2
	exit 2
fi

# --exec makes prove run each file itself, script or binary.
exec prove --exec 'timeout --foreground 900' --timer "${tests[@]}"
