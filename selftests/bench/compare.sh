#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a frame costs in the program of this tree and in that of another commit: each row of
# the benchmark's cost part, with the other one's time over ours. Each tree's object is
# measured by the tree's own benchmark, so that their ABIs may differ; the two take turns
# round by round. Exits 1 where ours is slower than asked for.
#
# usage: compare.sh COMMIT     or a directory that holds a tree
# ROUNDS=21      of each
# REPEATS=200000 frames of each row in a round
# ONLY=...       regular expression of rows: "low: SYN, (one|random)"
# LEAST=0.98     geometric mean of all rows that is asked for
# WORST=0.94     and of the slowest row
set -u
cd "$(dirname "$0")/../.." || exit 2
out=build/compare
expedited=/sys/kernel/rcu_expedited

fail() {
	echo "compare: $*" >&2
	exit 2
}

# other COMMIT: the directory of its tree.
other() {
	local commit dir

	if [ -d "$1" ]; then
		echo "$1"
		return
	fi
	commit=$(git rev-parse --verify --short "$1^{commit}") || return
	dir=$out/$commit
	if [ ! -e "$dir/Makefile" ]; then
		rm -rf "$dir"
		mkdir -p "$dir" && git archive "$commit" | tar -x -C "$dir" || return
	fi
	echo "$dir"
}

# one NAME TREE: a round of its program.
one() {
	(cd "$2" && build/bench/cost 1 "${REPEATS:-200000}" "$1=build/nolist.bpf.o") |
		grep "\"path\":\"$1\"" >>"$out/results" || fail "the benchmark of $2 has failed"
}

[ "$(id -u)" = 0 ] || fail "must be root"
mkdir -p "$out"
then=$(other "${1:?usage: compare.sh COMMIT}") || fail "no such commit: $1"
for tree in . "$then"; do
	MAKEFLAGS='' make -s -C "$tree" bench-build >"$out/make.log" 2>&1 ||
		fail "cannot build the benchmark of $tree; see $out/make.log"
done
# As in run.sh: test runs wait for all CPUs.
was_expedited=$(cat "$expedited")
trap 'echo "$was_expedited" >"$expedited"' EXIT
trap 'exit 2' INT TERM
echo 1 >"$expedited"
: >"$out/results"
for ((round = 0; round < ${ROUNDS:-21}; round++)); do
	one old "$then"
	one new .
done
jq -rs --argjson least "${LEAST:-0.98}" --argjson worst "${WORST:-0.94}" \
	-f selftests/bench/compare.jq "$out/results" | tee "$out/table"
[[ $(tail -n 1 "$out/table") = "fast enough"* ]]
