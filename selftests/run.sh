#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the tests and exits as prove(1) does. Keeps no list: every executable
# selftests/FOLDER/*.sh and every program built in build/selftests/FOLDER is one.
#
#	run.sh [NAME]...          the core, or what is named: FOLDER/NAME, or all of a FOLDER
#	run.sh --more [NAME]...   the rest: tests that say "circle: more" in their first lines,
#	                          and with their long counts those that have some (NOLIST_FULL)
#	run.sh [--more] --list    prints their names
#
# NOLIST_BUILD=DIRECTORY has what was built, build unless given; tests that build take its flags
# from CFLAGS and LDFLAGS. NOLIST_JOBS=N runs N at a time, 2 unless given. At the end it names each
# check that failed and how to repeat it, and each that was skipped and why.
set -u

cd "$(dirname "$0")/.." || exit 2
build=${NOLIST_BUILD:-build}
shopt -s nullglob

more=
if [ "${1:-}" = --more ]; then
	more=yes
	shift
fi
list=
if [ "${1:-}" = --list ]; then
	list=yes
	shift
fi

# source_of TEST: what it is written in.
source_of() {
	case $1 in
	"$build"/*) echo "${1#"$build"/}.c" ;;
	*) echo "$1" ;;
	esac
}

# The rest has the long counts of tests of the core, too.
is_in_circle() {
	local source

	source=$(source_of "$1")
	if [ "$more" ]; then
		is_rest "$source" || grep -q NOLIST_FULL "$source"
	else
		! is_rest "$source"
	fi
}

is_rest() {
	head -n 40 "$1" | grep -qE '^(#| \*) circle: more$'
}

# is_wanted FOLDER/NAME TEST [NAME]...: it is named, or its folder or nothing is and it
# belongs to this circle.
is_wanted() {
	case " ${*:3} " in
	*" $1 "*) return 0 ;;
	*" ${1%/*} "* | '  ') is_in_circle "$2" ;;
	*) return 1 ;;
	esac
}

tests=()
names=" "
found=" "
for folder in unit prog tool net trust lint browser; do
	for t in selftests/"$folder"/*.sh "$build"/selftests/"$folder"/*; do
		case $t in
		*.o | *.d) continue ;;
		esac
		if [ ! -f "$t" ] || [ ! -x "$t" ]; then
			continue
		fi
		name=${t##*/}
		name=$folder/${name%.sh}
		# Left over from a source that has gone.
		[ -e "selftests/$name.sh" ] || [ -e "selftests/$name.c" ] || continue
		found+="$folder $name "
		is_wanted "$name" "$t" "$@" || continue
		tests+=("$t")
		names+="$name "
	done
done

# A test that was asked for by a name that does not exist has not passed.
for name in "$@"; do
	if [[ $found != *" $name "* ]]; then
		echo "run.sh: no such test: $name" >&2
		exit 2
	fi
done
if [ "${#tests[@]}" -eq 0 ]; then
	echo "run.sh: no tests here${*:+: $*}" >&2
	exit 2
fi
if [ "$list" ]; then
	# shellcheck disable=SC2086 # words
	printf '%s\n' $names
	exit
fi

export NOLIST_LIMIT=900
if [ "$more" ]; then
	export NOLIST_FULL=1 NOLIST_LIMIT=${NOLIST_LIMIT_MORE:-3600}
fi
NOLIST_RESULTS=$(mktemp -d)
export NOLIST_RESULTS
trap 'rm -rf "$NOLIST_RESULTS"' EXIT

# --exec makes prove run each file itself, script or binary. Two at a time: each has
# namespaces of its own, and waits most of its time.
prove --jobs "${NOLIST_JOBS:-2}" --exec selftests/lib/run-one.sh --timer "${tests[@]}"
status=$?
selftests/lib/summary.awk -v more="$more" "$NOLIST_RESULTS"/*.tap
exit $status
