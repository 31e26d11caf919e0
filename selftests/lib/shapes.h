/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rows of a packet table do to a frame: build_* makes the whole of it,
 * layer_* puts something between IP and TCP, twist_* changes what is finished,
 * and redoes the checksums unless it is they that shall be wrong.
 */
#ifndef NOLIST_SHAPES_H
#define NOLIST_SHAPES_H

#include "selftests/lib/row.h"

void build_arp(struct frame *f);
void build_lldp(struct frame *f);
void build_llc(struct frame *f);
void build_mpls(struct frame *f);
void build_runt(struct frame *f);
void build_runt_vlan(struct frame *f);
void twist_old_tpid(struct frame *f);
void twist_priority(struct frame *f);
void twist_ip6_as_ip4(struct frame *f);
void twist_ip4_as_ip6(struct frame *f);
void layer_udp(struct frame *f);
void layer_icmp(struct frame *f);
void layer_icmp6(struct frame *f);
void layer_gre(struct frame *f);
void layer_ip_in_ip(struct frame *f);
void layer_esp(struct frame *f);
void layer_ah(struct frame *f);
void layer_none(struct frame *f);
void twist_more_fragments(struct frame *f);
void twist_fragment_offset(struct frame *f);
void twist_reserved_fragment_bit(struct frame *f);
void twist_may_fragment(struct frame *f);
void layer_ip4_option(struct frame *f);
void twist_ihl_4(struct frame *f);
void twist_version_5(struct frame *f);
void layer_frag_first(struct frame *f);
void layer_frag_later(struct frame *f);
void layer_frag_reserved(struct frame *f);
void layer_frag_reserved_bits(struct frame *f);
void twist_port_0(struct frame *f);
void layer_hop(struct frame *f);
void layer_dst(struct frame *f);
void layer_atomic(struct frame *f);
void layer_all_ext(struct frame *f);
void layer_eight_ext(struct frame *f);
void layer_nine_ext(struct frame *f); /* one more than are stepped over */
void layer_five_ext(struct frame *f);
void layer_hop_late(struct frame *f);
void layer_hop_alert(struct frame *f);
void layer_hop_pad1(struct frame *f);
void layer_hop_long(struct frame *f);
void layer_dst_short_pad(struct frame *f);
void layer_dst_unknown(struct frame *f);
void layer_dst_full_pad(struct frame *f);
void layer_routing(struct frame *f);
void twist_version_4(struct frame *f);
void twist_to_group(struct frame *f);
void twist_to_all(struct frame *f);
void twist_to_other(struct frame *f);
void twist_tcp_sum(struct frame *f);
void twist_ip_sum(struct frame *f);
void twist_len_1_over(struct frame *f);
void twist_len_max(struct frame *f);
void twist_len_19(struct frame *f);
void twist_len_20(struct frame *f);
void twist_len_39(struct frame *f);
void twist_ip6_len_1_over(struct frame *f);
void twist_ip6_len_19(struct frame *f);

/* A jumbogram's length (RFC 2675), here without its option. */
void twist_ip6_len_0(struct frame *f);

/* The extension headers are longer than the packet. */
void twist_ip6_len_7(struct frame *f);
void twist_doff_0(struct frame *f);
void twist_doff_4(struct frame *f);
void twist_doff_6(struct frame *f);
void twist_doff_15(struct frame *f);
void twist_sum_0(struct frame *f);
void twist_data(struct frame *f);
void twist_partial(struct frame *f);
void twist_tcp_reserved(struct frame *f);
void twist_urgent(struct frame *f);
void twist_ttl_1(struct frame *f);
void twist_sums_of_ffff(struct frame *f);
void twist_sums_of_0000(struct frame *f);

#endif
