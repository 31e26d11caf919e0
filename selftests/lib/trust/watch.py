#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Collects and dumps at each site in turn, again and again, until all were seen after the hour
# "end", for lib/trust.sh: prints who comes on a list and off, and lets the site's real MX know.
import os
import subprocess
import sys
import time

tool, top = sys.argv[1:3]
start, hour_s, end = (float(arg) for arg in sys.argv[3:6])
sites = sys.argv[6:]


def hour():
    return (time.clock_gettime(time.CLOCK_BOOTTIME) - start) / hour_s


def run(site, *command):
    there = [f"{top}/{site}/conf", "--pin-dir", f"/sys/fs/bpf/{site}", "--state-dir",
             f"{top}/{site}/state"]
    got = subprocess.run(["nsenter", f"--net=/run/netns/{site}", tool, *command, "-c", *there],
                         capture_output=True, text=True)
    if got.returncode not in (0, 3) or (got.stderr and got.returncode):
        print(f"{hour():.1f} {site} {command[0]}: {got.returncode} {got.stderr}", file=sys.stderr,
              flush=True)
    return got.stdout


def entries(text):
    return {line.split()[0] for line in text.splitlines() if line and not line.startswith("#")}


# The MX has it from a file, which is replaced in one step.
def tell(site, listed):
    refuse = f"{top}/{site}/refuse"
    if not os.path.exists(refuse):
        return
    with open(f"{top}/{site}/listed.new", "w") as f:
        f.writelines(f"{source}\n" for source in sorted(listed))
    os.rename(f"{top}/{site}/listed.new", f"{top}/{site}/listed")
    subprocess.run(["bash", refuse], stdout=sys.stderr, stderr=sys.stderr)


was = {site: set() for site in sites}
collected = {site: -1 for site in sites}
is_last = False
while not is_last:
    began = time.monotonic()
    is_last = hour() >= end
    for site in sites:
        # The tables remember the last hours with dialogues, a collect an hour is enough.
        if int(hour()) != collected[site]:
            collected[site] = int(hour())
            run(site, "collect", "--quiet")
        listed = entries(run(site, "dump", "--quiet"))
        if os.path.exists(f"{top}/{site}/policy"):
            run(site, "dump", "--all", "--quiet")
        for sign, sources in ("+", listed - was[site]), ("-", was[site] - listed):
            for source in sorted(sources):
                print(f"{hour():.1f} {site} {sign} {source}", flush=True)
        if listed != was[site]:
            tell(site, listed)
            was[site] = listed
    time.sleep(max(0, hour_s / 4 - (time.monotonic() - began)))
