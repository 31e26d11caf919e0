// SPDX-License-Identifier: GPL-2.0-only
/* shapes.h: the frames that rows are bent into, by layers. */
#include "selftests/lib/shapes.h"

static void shape_type(struct frame *f, unsigned int type)
{
	frame_start(f, row_server_mac, row_client_mac);
	frame_type(f, type);
	row_data(f, 46);
}

void build_arp(struct frame *f)
{
	static const unsigned char to_all[6] = { 255, 255, 255, 255, 255, 255 };

	shape_type(f, ETH_P_ARP);
	memcpy(f->b, to_all, 6);
}

void build_lldp(struct frame *f)
{
	shape_type(f, 0x88cc);
}

void build_llc(struct frame *f)
{
	shape_type(f, 46); /* IEEE 802.3: a length */
}

void build_mpls(struct frame *f)
{
	shape_type(f, 0x8847);
}

void build_runt(struct frame *f)
{
	frame_start(f, row_server_mac, row_client_mac);
	frame_type(f, ETH_P_IP);
}

void build_runt_vlan(struct frame *f)
{
	frame_start(f, row_server_mac, row_client_mac);
	frame_vlan(f, ETH_P_8021Q, 10);
	f->len -= 2;
}

void twist_old_tpid(struct frame *f)
{
	frame_put16(f->b + 12, 0x9100);
}

void twist_priority(struct frame *f)
{
	frame_put16(f->b + 14, 0xa000); /* priority 5, no VLAN */
}

void twist_ip6_as_ip4(struct frame *f)
{
	frame_type(f, ETH_P_IP);
}

void twist_ip4_as_ip6(struct frame *f)
{
	frame_type(f, ETH_P_IPV6);
}

/* Another protocol: what follows is its payload, and only looks like TCP. */
static void shape_proto(struct frame *f, unsigned int number)
{
	f->b[f->next_at] = number;
}

void layer_udp(struct frame *f)
{
	shape_proto(f, 17);
}

void layer_icmp(struct frame *f)
{
	shape_proto(f, 1);
}

void layer_icmp6(struct frame *f)
{
	shape_proto(f, 58);
}

void layer_gre(struct frame *f)
{
	shape_proto(f, 47);
}

void layer_ip_in_ip(struct frame *f)
{
	shape_proto(f, 4);
	frame_add(f, f->b + f->l3, 20);
}

void layer_esp(struct frame *f)
{
	shape_proto(f, 50);
}

void layer_ah(struct frame *f)
{
	frame_ip6_ext(f, 51, NULL, 22);
}

void layer_none(struct frame *f)
{
	shape_proto(f, 59);
}

static void shape_frag_off(struct frame *f, unsigned int v)
{
	frame_put16(f->b + f->l3 + 6, v);
	frame_ip4_sum(f);
}

void twist_more_fragments(struct frame *f)
{
	shape_frag_off(f, 0x2000);
}

void twist_fragment_offset(struct frame *f)
{
	shape_frag_off(f, 1);
}

void twist_reserved_fragment_bit(struct frame *f)
{
	shape_frag_off(f, 0x8000);
}

void twist_may_fragment(struct frame *f)
{
	shape_frag_off(f, 0);
}

void layer_ip4_option(struct frame *f)
{
	frame_ip4_options(f, "\x94\x04\0\0", 4); /* router alert, RFC 2113 */
}

void twist_ihl_4(struct frame *f)
{
	f->b[f->l3] = 0x44;
	frame_ip4_sum(f);
}

void twist_version_5(struct frame *f)
{
	f->b[f->l3] = 0x55;
	frame_ip4_sum(f);
}

void layer_frag_first(struct frame *f)
{
	frame_ip6_frag(f, 1, 0, 1);
}

void layer_frag_later(struct frame *f)
{
	frame_ip6_frag(f, 1, 8, 0);
}

void layer_frag_reserved(struct frame *f)
{
	frame_ip6_frag(f, 1, 0, 0);
	f->b[f->next_at + 1] = 1;
}

void layer_frag_reserved_bits(struct frame *f)
{
	frame_ip6_frag(f, 1, 0, 0);
	f->b[f->next_at + 3] = 6;
}

void twist_port_0(struct frame *f)
{
	frame_put16(f->b + f->l4 + 2, 0);
	frame_tcp_sum(f);
}

#define IP6_HOP 0
#define IP6_ROUTING 43
#define IP6_DST 60
#define PAD_N "\1\4\0\0\0\0"

void layer_hop(struct frame *f)
{
	frame_ip6_ext(f, IP6_HOP, PAD_N, 6);
}

void layer_dst(struct frame *f)
{
	frame_ip6_ext(f, IP6_DST, PAD_N, 6);
}

void layer_atomic(struct frame *f)
{
	frame_ip6_frag(f, 0x12345678, 0, 0);
}

void layer_all_ext(struct frame *f)
{
	layer_hop(f);
	layer_dst(f);
	layer_atomic(f);
	layer_dst(f);
}

void layer_eight_ext(struct frame *f)
{
	layer_all_ext(f);
	layer_all_ext(f);
}

void layer_nine_ext(struct frame *f)
{
	layer_eight_ext(f);
	layer_dst(f);
}

void layer_five_ext(struct frame *f)
{
	layer_all_ext(f);
	layer_dst(f);
}

void layer_hop_late(struct frame *f)
{
	layer_dst(f);
	layer_hop(f);
}

void layer_hop_alert(struct frame *f)
{
	frame_ip6_ext(f, IP6_HOP, "\5\2\0\0\1\0", 6); /* router alert, RFC 2711 */
}

void layer_hop_pad1(struct frame *f)
{
	frame_ip6_ext(f, IP6_HOP, NULL, 6);
}

void layer_hop_long(struct frame *f)
{
	frame_ip6_ext(f, IP6_HOP, "\1\14\0\0\0\0\0\0\0\0\0\0\0\0", 14);
}

void layer_dst_short_pad(struct frame *f)
{
	frame_ip6_ext(f, IP6_DST, "\1\3\0\0\0\0", 6);
}

void layer_dst_unknown(struct frame *f)
{
	frame_ip6_ext(f, IP6_DST, "\x1e\4\0\0\0\0", 6); /* experimental, RFC 4727 */
}

void layer_dst_full_pad(struct frame *f)
{
	frame_ip6_ext(f, IP6_DST, "\1\4\0\0\0\1", 6); /* padding that says something */
}

void layer_routing(struct frame *f)
{
	frame_ip6_ext(f, IP6_ROUTING, "\4\0\0\0\0\0", 6);
}

void twist_version_4(struct frame *f)
{
	f->b[f->l3] = 0x45;
}

void twist_to_group(struct frame *f)
{
	f->b[0] |= 1;
}

void twist_to_all(struct frame *f)
{
	memset(f->b, 0xff, 6);
}

void twist_to_other(struct frame *f)
{
	f->b[5] ^= 0x40;
}

void twist_tcp_sum(struct frame *f)
{
	f->b[f->l4 + 17] ^= 1;
}

void twist_ip_sum(struct frame *f)
{
	f->b[f->l3 + 11] ^= 1;
}

static void shape_tot_len(struct frame *f, int more)
{
	frame_put16(f->b + f->l3 + 2, f->len - f->l3 + more);
	frame_ip4_sum(f);
}

void twist_len_1_over(struct frame *f)
{
	shape_tot_len(f, 1);
}

void twist_len_max(struct frame *f)
{
	frame_put16(f->b + f->l3 + 2, 0xffff);
	frame_ip4_sum(f);
}

void twist_len_19(struct frame *f)
{
	frame_put16(f->b + f->l3 + 2, 19);
	frame_ip4_sum(f);
}

void twist_len_20(struct frame *f)
{
	frame_put16(f->b + f->l3 + 2, 20);
	frame_ip4_sum(f);
}

void twist_len_39(struct frame *f)
{
	shape_tot_len(f, -1);
}

void twist_ip6_len_1_over(struct frame *f)
{
	frame_put16(f->b + f->l3 + 4, f->len - f->l3 - 40 + 1);
}

void twist_ip6_len_19(struct frame *f)
{
	frame_put16(f->b + f->l3 + 4, 19);
}

void twist_ip6_len_0(struct frame *f)
{
	frame_put16(f->b + f->l3 + 4, 0);
}

void twist_ip6_len_7(struct frame *f)
{
	frame_put16(f->b + f->l3 + 4, 7);
}

static void shape_doff(struct frame *f, unsigned int words)
{
	f->b[f->l4 + 12] = words << 4;
	frame_tcp_sum(f);
}

void twist_doff_0(struct frame *f)
{
	shape_doff(f, 0);
}

void twist_doff_4(struct frame *f)
{
	shape_doff(f, 4);
}

void twist_doff_6(struct frame *f)
{
	shape_doff(f, 6);
}

void twist_doff_15(struct frame *f)
{
	shape_doff(f, 15);
}

void twist_sum_0(struct frame *f)
{
	frame_put16(f->b + f->l4 + 16, 0);
}

void twist_data(struct frame *f)
{
	f->b[f->len - 1] ^= 0x10;
}

void twist_partial(struct frame *f)
{
	frame_tcp_partial(f);
}

void twist_tcp_reserved(struct frame *f)
{
	f->b[f->l4 + 12] |= 0x0f;
	frame_tcp_sum(f);
}

void twist_urgent(struct frame *f)
{
	frame_put16(f->b + f->l4 + 18, 5);
	frame_put16(f->b + f->l4 + 14, 0);
	frame_tcp_sum(f);
}

void twist_ttl_1(struct frame *f)
{
	f->b[f->l3 + 8] = 1;
	frame_put16(f->b + f->l3 + 4, 0xbeef);
	frame_ip4_sum(f);
}

/* A checksum field of 0000 for one of ffff, which sums up to the same, or back. */
static void shape_flip(unsigned char *field)
{
	field[0] = ~field[0];
	field[1] = ~field[1];
}

void twist_sums_of_ffff(struct frame *f)
{
	unsigned int id;

	for (id = 0; id < 0x10000; id++) {
		frame_put16(f->b + f->l3 + 4, id);
		frame_ip4_sum(f);
		if (!f->b[f->l3 + 10] && !f->b[f->l3 + 11])
			break;
	}
	shape_flip(f->b + f->l3 + 10);
	for (id = 0; id < 0x10000; id++) {
		frame_put16(f->b + f->l4 + 14, id);
		frame_tcp_sum(f);
		if (!f->b[f->l4 + 16] && !f->b[f->l4 + 17])
			break;
	}
	shape_flip(f->b + f->l4 + 16);
}

void twist_sums_of_0000(struct frame *f)
{
	twist_sums_of_ffff(f);
	shape_flip(f->b + f->l3 + 10);
	shape_flip(f->b + f->l4 + 16);
}
