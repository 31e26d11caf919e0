# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced after lib.sh by the parts of the benchmark that run commands.

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
