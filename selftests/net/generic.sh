#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
# modes: none
#
# What defends the real MX, in generic mode on this machine's own kernel: vm/real.sh, which the guests
# run on cards as well.
export MODE=veth-generic
exec "$(dirname "$0")/../vm/real.sh"
