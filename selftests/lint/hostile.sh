#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# A stranger's zone bounds nothing: names with control characters, 1,000 MXes, loops of CNAMEs,
# name servers that never answer. lint asks at most 300 questions for 30 seconds, prints nothing
# that a terminal acts on, and stays small. Why it matters: it is run for domains of others.
# shellcheck disable=SC2317 # functions that check() calls

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/fetch.sh nsd ldnsutils"
export ZONES=selftests/lint/hostile.txt
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=selftests/lib/root.sh
. "$(dirname "$0")/../lib/root.sh"
# shellcheck source=selftests/lint/lab.sh
. "$(dirname "$0")/lab.sh"

need jq
lint_lab

# lints NAME [OPTION]...: its status, in "$TMP/NAME"; how long it took is in $took.
lints() {
	local name=$1 before=$EPOCHREALTIME

	shift
	in_client "$TOOL" lint "$name.example" -c "$DIR/empty.conf" --trust-anchor "$DIR/anchor" \
		--real 192.175.48.20 "$@" >"$TMP/$name" 2>"$TMP/$name.err"
	status=$?
	took=$(((${EPOCHREALTIME/./} - ${before/./}) / 1000))
}

# shellcheck disable=SC2013 # words
for name in $(sed -n 's/^zone //p' $ZONES | grep -v ordinary); do
	lints "$name"
	check "$name: it ends with an error, after $took ms" test "$status" = 1
	check "$name: within 30 seconds" test $took -lt $((32000 * ${NOLIST_PATIENCE:-1}))
	check "$name: nothing is printed that a terminal acts on" \
		bash -c "! LC_ALL=C grep -nP '[^\\n -~]' '$TMP/$name' '$TMP/$name.err'"
	lints "$name" --json
	check "$name: at most 300 questions: $(jq '.domains[0].questions' "$TMP/$name")" \
		jq -e '.domains[0].questions <= 300' "$TMP/$name"
	check "$name: at most 8 for each MX" \
		jq -e '.domains[0] | .questions <= 20 + 8 * (.mx | length)' "$TMP/$name"
done
is "$(jq '.domains[0].mx | length' "$TMP/thousand")" 35 'of 1,000 MXes 35 are looked at'
check 'and that is said' grep -q 'it has 1000 MX records' "$TMP/thousand"
check 'silence is no answer' grep -q 'not answerable: no name server has answered' "$TMP/dropped"
check 'an address more than are looked at is left out' \
	jq -e '.domains[0].mx[0].addresses | length == 8' "$TMP/addresses"

# --- many of them ---------------------------------------------------------------------

# many NAME...: in one run, 16 at a time; prints how long it took, and how large it was.
many() {
	"$PYTHON" - "$TOOL" "$DIR" "$@" <<-'END'
		import resource, subprocess, sys, time
		tool, d, *names = sys.argv[1:]
		before = time.time()
		p = subprocess.run(["nsenter", "--net=/run/netns/client", tool, "lint", "-c", d + "/empty.conf",
		                    "--trust-anchor", d + "/anchor", "--json", "--low", "192.175.48.10",
		                    "--real", "192.175.48.20", "--high", "192.175.48.30"]
		                   + [n + ".example" for n in names], stdout=subprocess.PIPE)
		print(f"{len(names)} domains: {time.time() - before:.1f} s,",
		      f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024} MiB,",
		      p.stdout.count(b'"ascii"'), f"answers, status {p.returncode}")
	END
}

# shellcheck disable=SC2046 # words
many $(seq -f 'ordinary-%.0f' 0 999) >"$TMP/many"
diag "1,000 zones: $(cat "$TMP/many")"
check '1,000 domains in one run, each without a fault' grep -q ' 1000 answers, status 0$' "$TMP/many"
# shellcheck disable=SC2016 # of awk
check 'need less than 150 MiB' awk '{ exit !($5 < 150) }' "$TMP/many"
# shellcheck disable=SC2046 # words
many $(for n in thousand controls loops endless; do yes $n | head -n 250; done) >"$TMP/many"
diag "hostile ones: $(cat "$TMP/many")"
check 'and of hostile ones' grep -q ' 1000 answers, status 1$' "$TMP/many"
# shellcheck disable=SC2016 # of awk
check 'less than 400 MiB' awk '{ exit !($5 < 400) }' "$TMP/many"
done_testing
