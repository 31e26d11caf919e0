# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the parts of the benchmark that run commands; $PYTHON is lib.sh's.

# cost PART WHAT COMMAND...: prints a line of JSON with seconds, seconds of processor time
# and MB of memory at its peak: of the largest process, without what the kernel holds.
cost() {
	"$PYTHON" -c '
import json, resource, subprocess, sys, time
start = time.monotonic()
try:
    status = subprocess.run(sys.argv[3:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, timeout=300).returncode
except subprocess.TimeoutExpired:
    status = "over 300 s"
took = time.monotonic() - start
u = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"part": sys.argv[1], "what": sys.argv[2], "s": round(took, 3),
                  "cpu_s": round(u.ru_utime + u.ru_stime, 3),
                  "mb": round(u.ru_maxrss / 1024, 1), "status": status}))' "$@"
}

# What the kernel holds and cannot give back, in kB, when what was freed is gone.
kernel_kb() {
	local tries now before=0

	for ((tries = 0; tries < 20; tries++)); do
		sleep 0.25
		now=$(awk '/^(SUnreclaim|VmallocUsed|Percpu):/ { s += $2 } END { print s }' /proc/meminfo)
		[ $((now - before)) -gt 256 ] || [ $((before - now)) -gt 256 ] || break
		before=$now
	done
	echo "$now"
}

# listed PATH ENTRIES COMMAND...: what it costs to bring the list into force, and then to hold it.
listed() {
	local before took

	before=$(kernel_kb)
	took=$(cost listed "$1, a list of $2" "${@:3}")
	jq -c --arg path "$1" --argjson n "$2" --argjson kb $(($(kernel_kb) - before)) \
		'. + {path: $path, entries: $n, kernel_mb: ($kb / 1024)}' <<<"$took"
}
