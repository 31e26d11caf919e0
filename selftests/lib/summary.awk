#!/usr/bin/awk -f
# SPDX-License-Identifier: GPL-2.0-only
#
# What became of a run, from the TAP of its tests, a file FOLDER:NAME.tap each: the
# checks that failed and the command that repeats them, and those that were skipped.

FNR == 1 {
	test = FILENAME
	sub(/.*\//, "", test)
	sub(/\.tap$/, "", test)
	sub(/:/, "/", test)
	order[++tests] = test
}

function reason_of(line)
{
	return match(line, /# SKIP */) ? substr(line, RSTART + RLENGTH) : ""
}

function name_of(line)
{
	sub(/^(not )?ok *[0-9]* *-? */, "", line)
	sub(/ *# SKIP.*/, "", line)
	return line
}

/^1\.\.0 # SKIP/ {
	whole[test] = reason_of($0)
	has_plan[test] = 1
	next
}

/^1\.\.[0-9]+/ {
	has_plan[test] = 1
	planned[test] = substr($0, 4) + 0
}

/^(not )?ok/ {
	checks[test]++
}

/^not ok/ {
	failed[test] = failed[test] "  " test ": " name_of($0) "\n"
}

/^ok.*# SKIP/ {
	skips[test] = skips[test] "  " test ": " name_of($0) " (" reason_of($0) ")\n"
}

/^exit [0-9]+$/ {
	exit_status[test] = $2
}

# A test may also fail by its plan or its exit status.
function why_failed(test)
{
	if (failed[test] != "")
		return failed[test]
	if (!has_plan[test])
		return "  " test ": ended before its plan, with exit status " exit_status[test] "\n"
	if (planned[test] != checks[test] + 0)
		return "  " test ": " checks[test] + 0 " checks of " planned[test] " that it planned\n"
	if (exit_status[test] != 0)
		return "  " test ": exit status " exit_status[test] "\n"
	return ""
}

END {
	for (i = 1; i <= tests; i++) {
		test = order[i]
		why = why_failed(test)
		if (why != "") {
			bad = bad why
			again = again "  make check" (more ? "-more" : "") " T=" test "\n"
		}
		missed = missed skips[test]
		if (test in whole) {
			by_reason[whole[test]] = by_reason[whole[test]] " " test
			wholes++
		}
		if (test !~ /^unit\//) {
			others++
			others_missed += test in whole
		}
	}
	for (reason in by_reason)
		missed = missed "  all of" by_reason[reason] " (" reason ")\n"
	if (missed != "")
		printf "Skipped:\n%s", missed
	if (bad != "")
		printf "Failed:\n%sTo repeat:\n%s", bad, again
	if (others && others == others_missed)
		printf "NOTHING BUT unit/ WAS RUN: all %d other tests were skipped\n", others
}
