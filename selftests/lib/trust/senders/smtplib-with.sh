# shellcheck shell=bash disable=SC2034,SC2046 # for at.sh; words
# SPDX-License-Identifier: GPL-2.0-only
#
# The same with "with", which says QUIT.
packages=""

send() {
	/usr/bin/python3 selftests/lib/trust/smtplib_walk.py with "$1" $(mx_of "$1")
}
