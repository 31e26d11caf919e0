# shellcheck shell=bash disable=SC2034,SC2046 # for at.sh; words
# SPDX-License-Identifier: GPL-2.0-only
#
# A script with Python's smtplib, as its manual shows it: without "with", and so without QUIT
# after a failure. It is told where to go, and comes again each hour.
packages=""

send() {
	/usr/bin/python3 selftests/lib/trust/smtplib_walk.py bare "$1" $(mx_of "$1")
}
