#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2317 # functions that check() calls
#
# Beside other XDP programs, in libxdp's dispatcher, where the kernel has one:
# some refuse extensions of programs at all, and from 6.12.6 on Debian 12's libxdp
# cannot take a program that resizes frames. There it must work alone, and nobody
# else may be disturbed. Why it matters: another program may guard the same host.
# shellcheck source=lib.sh
. "$(dirname "$0")/../lib/lib.sh"

need ip python3 clang xdp-loader

# Programs at s0, by name, from libxdp's own tool.
at_s0() {
	in_server xdp-loader status s0 | grep -o 'xdp_pass\|nolist_ingress' | sort | paste -sd' '
}

other_load() {
	in_server xdp-loader load -m native s0 "$BUILD/selftests/lib/xdp_pass.bpf.o"
}

load() {
	nolist load "$@" --low "$LOW4" --real "$REAL4" --high "$HIGH4"
}

# shellcheck disable=SC2119
topology
other_load >/dev/null 2>&1
if ! ip -n server -d link show dev s0 | grep -q 'xdp_dispatcher'; then
	skip_all 'this kernel has no dispatcher: refuses extensions of programs'
fi

# --- another program is there first ---

out=$(load -i s0 2>&1)
status=$?
if [ $status -ne 0 ]; then
	case $out in
	*"cannot attach to 's0'"*"libxdp 1.5.5 or later, see docs/kernels.md; or unload them"*)
		ok 'where the dispatcher cannot take it, load says so'
		;;
	*) is "$out" "cannot attach to 's0'..." 'where the dispatcher cannot take it, load says so' ;;
	esac
	is "$status $(at_s0)" '1 xdp_pass' 'and leaves the other program'
	is "$(ls "$PIN_DIR" 2>/dev/null)" '' 'and no pins'
	must in_server xdp-loader unload s0 --all
	out=$(load -i s0 2>/dev/null)
	is "$out" 's0: attached, native mode, alone (to run beside others it needs libxdp 1.5.5)' \
		'alone it is attached, and says why'
	is "$(json 's["interfaces"][0]["shared"]')" False 'status says so'
	is "$(connects "$LOW4")" refused 'and works'
	check 'unload takes it away' nolist unload --purge
	is "$(at_s0)" '' 'all of it'
	done_testing
fi

is "$out" 's0: attached, native mode, beside others' 'load attaches beside it'
is "$(json 's["interfaces"][0]["shared"], s["interfaces"][0]["pinned"]')" 'True True' 'status says so'
is "$(at_s0)" 'nolist_ingress xdp_pass' 'both are there'
is "$(connects "$LOW4") $(json 's["verdicts"]["low_rst_ack"]')" 'refused 1' 'it answers'
is "$(connects "$HIGH4")" accepted 'at the high fake as well'
out=$(nolist load --low "$LOW4" --real "$REAL4" 2>/dev/null)
is "$out" 's0: reconfigured, native mode, beside others' 'load again configures it there'
check 'unload takes it away' nolist unload
is "$(at_s0)" xdp_pass 'and nothing else'
is "$(find "$PIN_DIR" -name 'nolist_progs_*')" '' "and leaves no pin of its slow path's array"
must in_server xdp-loader unload s0 --all

# --- another program comes later ---

load -i s0 >/dev/null 2>&1
is "$(json 's["interfaces"][0]["shared"]')" True 'it goes into a dispatcher though it is alone'
# xdp-loader brings a dispatcher of its own, which may be one that cannot take us.
if other_load >/dev/null 2>&1; then
	both='nolist_ingress xdp_pass'
else
	both=nolist_ingress
fi
is "$(at_s0) $(connects "$LOW4")" "$both refused" 'another tool adds its program, or leaves us alone'
must in_server xdp-loader unload s0 --all
is "$(json 'len(s["interfaces"]), s["contacts"]["now"]')" '0 1' 'taken away by another tool, its evidence stays'

# --- another build ---

must cp -r "$TOP/bpf" "$TMP/bpf"
must sed -i 's/#define TTL 64/#define TTL 63/' "$TMP/bpf/reply.h"
must clang -target bpf -mcpu=v3 -O2 -g -I"/usr/include/$(uname -m)-linux-gnu" \
	-c "$TMP/bpf/nolist.bpf.c" -o "$TMP/other.o"
must other_load >/dev/null 2>&1
if ! in_server xdp-loader load -m native -n nolist_ingress s0 "$TMP/other.o" >/dev/null 2>&1; then
	ok "another build is replaced # SKIP xdp-loader's dispatcher cannot take it"
	done_testing
fi
before=$(json 's["interfaces"][0]["tag"]')
check 'another build of it is replaced' load
after=$(json 's["interfaces"][0]["tag"]')
is "$(at_s0)" 'nolist_ingress xdp_pass' 'beside others, once'
is "$(find "$PIN_DIR" -name 'nolist_progs_*' | wc -l)" 1 'one array is pinned'
[ "$before" != "$after" ]
is $? 0 'by this one'
is "$(connects "$LOW4")" refused 'it answers'
must nolist unload --purge >/dev/null
is "$(at_s0)" xdp_pass 'unload leaves the other'

done_testing
