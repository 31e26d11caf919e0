#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
#	run.sh DIRECTORY SECONDS [NAME]...   runs the fuzzers built in DIRECTORY, so long each
#
# What they learn is kept in DIRECTORY/corpus, and what they find in DIRECTORY/found, with
# the command that repeats it.
set -u
cd "$(dirname "$0")/../.." || exit 2
dir=$1 seconds=$2
shift 2
[ $# -gt 0 ] || set -- $(cd selftests/fuzz && for f in *.c; do echo "${f%.c}"; done)
status=0
mkdir -p "$dir/found"
for name in "$@"; do
	seeds=$dir/seeds/$name
	rm -rf "$seeds"
	mkdir -p "$seeds" "$dir/corpus/$name"
	selftests/fuzz/seeds.sh "$name" "$seeds"
	max=4096
	[ "$name" = store ] && max=262144
	if "$dir/$name" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -max_len=$max \
		-print_final_stats=1 -artifact_prefix="$dir/found/$name-" "$dir/corpus/$name" "$seeds" \
		>"$dir/$name.log" 2>&1; then
		echo "ok - $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$dir/$name.log") runs"
	else
		status=1
		echo "not ok - $name"
		grep -vE '^#[0-9]+[[:space:]]' "$dir/$name.log" | tail -n 40 | sed 's/^/# /'
		echo "# to repeat: $dir/$name $dir/found/$name-*"
	fi
done
exit $status
