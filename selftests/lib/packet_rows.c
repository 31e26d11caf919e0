// SPDX-License-Identifier: GPL-2.0-only
/* packet_rows.h: the rows themselves. */
#include "selftests/lib/packet_rows.h"
#include "selftests/lib/shapes.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ODD_DATA .flags = FRAME_PSH, .data = 7

/* --- frames that are no IP ------------------------------------------------ */

static const struct row not_ip[] = {
	{ "ARP", NOLIST_PASS_NOT_IP, .build = build_arp },
	{ "LLDP", NOLIST_PASS_NOT_IP, .build = build_lldp },
	{ "an 802.3 length", NOLIST_PASS_NOT_IP, .build = build_llc },
	{ "MPLS", NOLIST_PASS_NOT_IP, .build = build_mpls },
	{ "a link header alone", NOLIST_PASS_NOT_IP, .build = build_runt },
	{ "half a VLAN tag", NOLIST_PASS_NOT_IP, .build = build_runt_vlan },
	{ "three VLAN tags", NOLIST_PASS_NOT_IP, .tags = "aqq" },
	{ "three VLAN tags, IPv6", NOLIST_PASS_NOT_IP, .tags = "qqq", .dst = LOW6 },
	{ "a tag of type 9100", NOLIST_PASS_NOT_IP, .tags = "q", .twist = twist_old_tpid },
};

/* --- IP, but no TCP ------------------------------------------------------- */

static const struct row not_tcp[] = {
	{ "UDP to port 25", NOLIST_PASS_NOT_TCP, .layer = layer_udp },
	{ "UDP to port 25, IPv6", NOLIST_PASS_NOT_TCP, .layer = layer_udp, .dst = LOW6 },
	{ "ICMP", NOLIST_PASS_NOT_TCP, .layer = layer_icmp },
	{ "ICMPv6", NOLIST_PASS_NOT_TCP, .layer = layer_icmp6, .dst = LOW6 },
	{ "GRE", NOLIST_PASS_NOT_TCP, .layer = layer_gre },
	{ "IP in IP", NOLIST_PASS_NOT_TCP, .layer = layer_ip_in_ip },
	{ "ESP", NOLIST_PASS_NOT_TCP, .layer = layer_esp, .dst = LOW6 },
	{ "an authentication header", NOLIST_PASS_NOT_TCP, .layer = layer_ah, .dst = LOW6 },
	{ "no next header", NOLIST_PASS_NOT_TCP, .layer = layer_none, .dst = LOW6 },
	{ "UDP in two VLANs", NOLIST_PASS_NOT_TCP, .layer = layer_udp, .tags = "aq" },
};

/* --- rare shapes of IP ---------------------------------------------------- */

#define SHAPE4 NOLIST_PASS_SHAPE, .dst = LOW4
#define SHAPE6 NOLIST_PASS_SHAPE, .dst = LOW6

static const struct row shapes[] = {
	{ "a priority tag", SHAPE4, .tags = "q", .twist = twist_priority },
	{ "a priority tag, IPv6", SHAPE6, .tags = "q", .twist = twist_priority },
	{ "a VLAN within a priority tag", SHAPE4, .tags = "aq", .twist = twist_priority },
	{ "the first fragment", SHAPE4, .twist = twist_more_fragments },
	{ "a later fragment", SHAPE4, .twist = twist_fragment_offset },
	{ "the reserved bit beside the fragment's", SHAPE4, .twist = twist_reserved_fragment_bit },
	{ "an IPv4 option", SHAPE4, .layer = layer_ip4_option },
	{ "a header of four words", SHAPE4, .twist = twist_ihl_4 },
	{ "version 5", SHAPE4, .twist = twist_version_5 },
	{ "version 4 in IPv6", SHAPE6, .twist = twist_version_4 },
	{ "version 4 in IPv6, UDP", SHAPE6, .layer = layer_udp, .twist = twist_version_4 },
	{ "IPv6 behind IPv4's type", NOLIST_PASS_NOT_TCP, .dst = LOW6,
	  .twist = twist_ip6_as_ip4 },
	{ "IPv4 behind IPv6's type", SHAPE4, .twist = twist_ip4_as_ip6 },
	{ "the first fragment, IPv6", SHAPE6, .layer = layer_frag_first },
	{ "a later fragment, IPv6", SHAPE6, .layer = layer_frag_later },
	{ "an atomic fragment, reserved byte", SHAPE6, .layer = layer_frag_reserved },
	{ "an atomic fragment, reserved bits", SHAPE6, .layer = layer_frag_reserved_bits },
	{ "more than is summed here", SHAPE4, .data = 1537 - 20 },
	{ "jumbo", SHAPE6, .data = 3300 },
	{ "five extension headers", SHAPE6, .layer = layer_five_ext },
	{ "hop-by-hop options after others", SHAPE6, .layer = layer_hop_late },
	{ "hop-by-hop: router alert", SHAPE6, .layer = layer_hop_alert },
	{ "hop-by-hop: six times Pad1", SHAPE6, .layer = layer_hop_pad1 },
	{ "hop-by-hop: two words", SHAPE6, .layer = layer_hop_long },
	{ "destination options: PadN and Pad1", SHAPE6, .layer = layer_dst_short_pad },
	{ "destination options: unknown", SHAPE6, .layer = layer_dst_unknown },
	{ "destination options: PadN with a content", SHAPE6, .layer = layer_dst_full_pad },
	{ "a routing header", SHAPE6, .layer = layer_routing },
	{ "to a v4-mapped address", NOLIST_PASS_SHAPE, .dst = "::ffff:192.0.2.10" },
	{ "to the loopback address", NOLIST_PASS_SHAPE, .dst = "::1" },
	{ "to the unspecified address", NOLIST_PASS_SHAPE, .dst = "::" },
};

/* --- not for a fake ------------------------------------------------------- */

static const struct row others[] = {
	{ "another address", NOLIST_PASS_OTHER, .dst = "192.0.2.11" },
	{ "another address, IPv6", NOLIST_PASS_OTHER, .dst = "2001:db8::11" },
	{ "an address of ours", NOLIST_PASS_OTHER, .dst = OWN4 },
	{ "an address of ours, IPv6", NOLIST_PASS_OTHER, .dst = OWN6 },
	{ "another port", NOLIST_PASS_OTHER, .dport = 26 },
	{ "another port, IPv6", NOLIST_PASS_OTHER, .dport = 587, .dst = LOW6 },
	{ "another port, high", NOLIST_PASS_OTHER, .dport = 465, .dst = HIGH4 },
	{ "another port, real", NOLIST_PASS_OTHER, .dport = 22, .dst = REAL4 },
	{ "port 6400, 25 in the other byte order", NOLIST_PASS_OTHER, .dport = 6400 },
	{ "an answer to our own mail", NOLIST_PASS_OTHER, .sport = 25, .dport = 40000,
	  .dst = LOW4 },
	{ "to multicast", NOLIST_PASS_OTHER, .dst = "224.0.0.1" },
};

static const struct row real[] = {
	{ "SYN", NOLIST_PASS_REAL, .dst = REAL4 },
	{ "SYN, IPv6", NOLIST_PASS_REAL, .dst = REAL6 },
	{ "SYN in two VLANs", NOLIST_PASS_REAL, .dst = REAL4, .tags = "aq" },
	{ "data", NOLIST_PASS_REAL, .dst = REAL4, .flags = FRAME_ACK, .data = 11 },
	{ "data, IPv6", NOLIST_PASS_REAL, .dst = REAL6, .flags = FRAME_ACK, .data = 11 },
	{ "RST", NOLIST_PASS_REAL, .dst = REAL4, .flags = FRAME_RST },
	{ "a wrong checksum", NOLIST_PASS_REAL, .dst = REAL4, .twist = twist_tcp_sum },
	{ "a wrong IP checksum", NOLIST_PASS_REAL, .dst = REAL4, .twist = twist_ip_sum },
	{ "from a martian", NOLIST_PASS_REAL, .dst = REAL4, .src = "127.0.0.1" },
	{ "to a group", NOLIST_PASS_REAL, .dst = REAL4, .twist = twist_to_group },
	{ "jumbo", NOLIST_PASS_REAL, .dst = REAL4, .flags = FRAME_ACK, .data = 3300 },
};

/* --- to a fake, but a closed port is silent, or only the kernel can know -- */

#define CUT4 NOLIST_PASS_TRUNCATED, .dst = LOW4
#define CUT6 NOLIST_PASS_TRUNCATED, .dst = LOW6

static const struct row broken[] = {
	{ "IP says one byte more", CUT4, .twist = twist_len_1_over },
	{ "IP says 65535 bytes", CUT4, .twist = twist_len_max },
	{ "IP says less than its header", CUT4, .twist = twist_len_19 },
	{ "IP says its header", CUT4, .twist = twist_len_20 },
	{ "IP says a byte less than the TCP header", CUT4, .twist = twist_len_39 },
	{ "IPv6 says one byte more", CUT6, .twist = twist_ip6_len_1_over },
	{ "IPv6 says a byte less than the TCP header", CUT6, .twist = twist_ip6_len_19 },
	{ "IPv6 says nothing", CUT6, .twist = twist_ip6_len_0 },
	{ "IPv6 ends in its extension", CUT6, .layer = layer_dst, .twist = twist_ip6_len_7 },
	{ "a TCP header of 0 words", CUT4, .twist = twist_doff_0 },
	{ "a TCP header of 4 words", CUT4, .twist = twist_doff_4, .data = 40 },
	{ "a TCP header of 4 words, IPv6", CUT6, .twist = twist_doff_4, .data = 40 },
	{ "a TCP header that is too long by 4", CUT4, .twist = twist_doff_6 },
	{ "a TCP header that is too long by 1", CUT4, .twist = twist_doff_15, .data = 39 },
};

static const struct row sums[] = {
	{ "IP", NOLIST_PASS_CHECKSUM, .twist = twist_ip_sum },
	{ "TCP", NOLIST_PASS_CHECKSUM, .twist = twist_tcp_sum },
	{ "TCP, IPv6", NOLIST_PASS_CHECKSUM, .twist = twist_tcp_sum, .dst = LOW6 },
	{ "TCP, high", NOLIST_HIGH_BAD, .twist = twist_tcp_sum, .dst = HIGH4 },
	{ "TCP, none", NOLIST_PASS_CHECKSUM, .twist = twist_sum_0 },
	{ "the last byte", NOLIST_PASS_CHECKSUM, .twist = twist_data, .data = 1457 },
	{ "still to be made", NOLIST_PASS_CHECKSUM, .twist = twist_partial },
	{ "still to be made, IPv6", NOLIST_PASS_CHECKSUM, .twist = twist_partial, .dst = LOW6 },
};

#define FROM(s) NOLIST_PASS_SOURCE, .src = s

static const struct row sources[] = {
	{ "unspecified", FROM("0.0.0.0") },
	{ "this network", FROM("0.255.255.255") },
	{ "loopback", FROM("127.0.0.1") },
	{ "loopback's last", FROM("127.255.255.255") },
	{ "multicast", FROM("224.0.0.1") },
	{ "multicast's last", FROM("239.255.255.255") },
	{ "class E", FROM("240.0.0.1") },
	{ "broadcast", FROM("255.255.255.255") },
	{ "land", FROM(LOW4) },
	{ "land, high", NOLIST_HIGH_BAD, .src = HIGH4, .dst = HIGH4 },
	{ "land, high, ACK", NOLIST_HIGH_BAD, .src = HIGH4, .dst = HIGH4, .flags = FRAME_ACK },
	{ "an address of ours, high, ACK", NOLIST_HIGH_BAD, .src = OWN4, .dst = HIGH4,
	  .flags = FRAME_ACK },
	{ "the real MX, high, ACK", NOLIST_HIGH_BAD, .src = REAL4, .dst = HIGH4,
	  .flags = FRAME_ACK },
	{ "the low fake, high, ACK, IPv6", NOLIST_HIGH_BAD, .src = LOW6, .dst = HIGH6,
	  .flags = FRAME_ACK | FRAME_PSH, .data = 6 },
	{ "the real MX, high, SYN,ACK", NOLIST_HIGH_BAD, .src = REAL4, .dst = HIGH4,
	  .flags = FRAME_SYN | FRAME_ACK },
	{ "the real MX, high, FIN", NOLIST_HIGH_SILENT, .src = REAL4, .dst = HIGH4,
	  .flags = FRAME_FIN },
	{ "the real MX, ACK", FROM(REAL4), .flags = FRAME_ACK },
	{ "the real MX", FROM(REAL4) },
	{ "the other fake", FROM(HIGH4) },
	{ "an address of ours", FROM(OWN4) },
	{ "a subnet's broadcast", FROM(BCAST4) },
	{ "unspecified, IPv6", FROM("::") },
	{ "loopback, IPv6", FROM("::1") },
	{ "v4-mapped", FROM("::ffff:203.0.113.7"), .dst = LOW6 },
	{ "v4-compatible", FROM("::203.0.113.7"), .dst = LOW6 },
	{ "multicast, IPv6", FROM("ff02::1") },
	{ "multicast, IPv6, global", FROM("ff0e::1234") },
	{ "land, IPv6", FROM(LOW6) },
	{ "land, IPv6, high", NOLIST_HIGH_BAD, .src = HIGH6, .dst = HIGH6 },
	{ "the real MX, IPv6", FROM(REAL6) },
	{ "an address of ours, IPv6", FROM(OWN6) },
};

static const struct row groups[] = {
	{ "multicast", NOLIST_PASS_NOT_HOST, .twist = twist_to_group },
	{ "broadcast", NOLIST_PASS_NOT_HOST, .twist = twist_to_all },
	{ "broadcast, IPv6, high", NOLIST_PASS_NOT_HOST, .twist = twist_to_all, .dst = HIGH6 },
	{ "another host", NOLIST_PASS_NOT_HOST, .twist = twist_to_other },
	{ "another host, IPv6, high", NOLIST_PASS_NOT_HOST, .twist = twist_to_other, .dst = HIGH6 },
	{ "another host, real", NOLIST_PASS_REAL, .twist = twist_to_other, .dst = REAL4 },
};

static const struct row resets[] = {
	{ "RST", NOLIST_PASS_RESET, .flags = FRAME_RST },
	{ "RST,ACK, IPv6", NOLIST_PASS_RESET, .flags = FRAME_RST | FRAME_ACK, .dst = LOW6 },
	{ "SYN,RST, high", NOLIST_HIGH_BAD, .flags = FRAME_SYN | FRAME_RST, .dst = HIGH4 },
};

#define BAD_OPT NOLIST_PASS_TCP_OPTION
#define MD5 "\x13\x12\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20"
#define AO "\x1d\x10\1\2\3\4\5\6\7\10\11\12\13\14\15\16"
#define NOP4 "\1\1\1\1"

static const struct row bad_options[] = {
	{ "MD5", BAD_OPT, OPT(MD5) },
	{ "MD5, IPv6, high", NOLIST_HIGH_BAD, OPT(MD5), .dst = HIGH6 },
	{ "AO", BAD_OPT, OPT(AO) },
	{ "AO after others", BAD_OPT, OPT("\2\4\5\xb4\1\1\4\2" AO) },
	{ "length 0", BAD_OPT, OPT("\2\0\0\0") },
	{ "length 1", BAD_OPT, OPT("\2\1\0\0") },
	{ "longer than the header by 1", BAD_OPT, OPT("\1\1\2\3") },
	{ "longer than the header by far", BAD_OPT, OPT("\2\xff\5\xb4") },
	{ "a kind without a length", BAD_OPT, OPT("\1\1\1\2") },
	{ "the same in the last of 40 bytes", BAD_OPT,
	  OPT("\xfe\x27" "1234567890123456789012345678901234567" "\2") },
};

/* --- answers --------------------------------------------------------------- */

#define LOW_SYN NOLIST_LOW_RST_ACK
#define WINDOWS_SYN "\2\4\5\xb4\1\3\3\x8\1\1\4\2"
#define LINUX_PLAIN_SYN "\2\4\5\xb4\1\1\4\2\1\3\3\7"
#define MACOS_PLAIN_SYN "\2\4\5\xb4\1\3\3\6\4\2\0\0"
#define UNSCALED_SYN "\2\4\5\xb4\1\1\4\2"
#define STAMP "\1\1\x8\xa\1\2\3\4\5\6\7\x8"
#define SACK "\1\1\5\x22" "12345678901234567890123456789012"

static const struct row options[] = {
	{ "as Linux sends them", LOW_SYN, OPT(LINUX_SYN) },
	{ "as Linux sends them, IPv6", LOW_SYN, OPT(LINUX_SYN), .dst = LOW6 },
	{ "as Windows sends them", LOW_SYN, OPT(WINDOWS_SYN) },
	{ "as Linux sends them without timestamps", LOW_SYN, OPT(LINUX_PLAIN_SYN) },
	{ "as macOS sends them without timestamps, IPv6", LOW_SYN, OPT(MACOS_PLAIN_SYN), .dst = LOW6 },
	{ "nearly so: an option behind its end", LOW_SYN, OPT("\2\4\5\xb4\1\3\3\6\4\2\0\x13") },
	{ "nearly so: a wrong length at its end", BAD_OPT, OPT("\2\4\5\xb4\1\1\4\2\1\3\4\7") },
	{ "without scaling", LOW_SYN, OPT(UNSCALED_SYN) },
	{ "without scaling, IPv6", LOW_SYN, OPT(UNSCALED_SYN), .dst = LOW6 },
	{ "of a SYN, behind it", NOLIST_LOW_RST, OPT(LINUX_SYN), .flags = FRAME_ACK, .ack = 77 },
	{ "behind a SYN, in it", LOW_SYN, OPT(STAMP) },
	{ "a timestamp and data", NOLIST_LOW_RST, OPT(STAMP), .flags = FRAME_ACK, .ack = 77,
	  .data = 9 },
	{ "SACK", NOLIST_LOW_RST, OPT(SACK), .flags = FRAME_ACK, .ack = 77 },
	{ "40 bytes and data, IPv6", LOW_SYN, OPT(SACK NOP4), .data = 31, .dst = LOW6 },
	{ "sixteen", LOW_SYN, OPT(NOP4 NOP4 NOP4 NOP4) },
	{ "forty", LOW_SYN, OPT(NOP4 NOP4 NOP4 NOP4 NOP4 NOP4 NOP4 NOP4 NOP4 NOP4) },
	{ "forty, and its last is a NOP, IPv6, data", NOLIST_LOW_RST, .dst = LOW6,
	  OPT("\x4\2\x4\2\x4\2\x4\2\x4\2\x4\2\x4\2\x4\2\x4\2\x4\2\x4\2\x4\2\x4\2\x4\2\x4\2\x4\2"
	      "\x4\2\x4\2\x4\2\1\1"), .flags = FRAME_ACK, .ack = 77, .data = 5 },
	{ "as macOS sends them", LOW_SYN, OPT("\2\4\5\xb4\1\3\3\6\1\1\x8\xa\1\2\3\4\0\0\0\0\4\2\0\0") },
	{ "an end, then what would be wrong", LOW_SYN, OPT("\0\2\0\x13\x12\0\0\0") },
	{ "an unknown one", LOW_SYN, OPT("\xfe\6\1\2\3\4\1\1") },
	{ "an empty one", LOW_SYN, OPT("\xfe\2\1\1") },
	{ "an end only", LOW_SYN, OPT("\0\0\0\0") },
};

static const struct row answers[] = {
	{ "SYN to low", NOLIST_LOW_RST_ACK, .dst = LOW4 },
	{ "SYN to low, IPv6", NOLIST_LOW_RST_ACK, .dst = LOW6 },
	{ "ACK to low", NOLIST_LOW_RST, .flags = FRAME_ACK, .ack = 0xdeadbeef },
	{ "SYN,ACK to low, IPv6", NOLIST_LOW_RST, .dst = LOW6, .flags = FRAME_SYN | FRAME_ACK },
	{ "no flags to low", NOLIST_LOW_RST_ACK, .flags = NO_FLAGS },
	{ "an ack number without its flag", NOLIST_LOW_RST_ACK, .ack = 0xdeadbeef },
	{ "SYN,FIN and data over the wrap", NOLIST_LOW_RST_ACK, .flags = FRAME_SYN | FRAME_FIN,
	  .seq = 0xfffffffc, .data = 3 },
	{ "to its own port", NOLIST_LOW_RST_ACK, .sport = 25 },
	{ "from port 65535", NOLIST_LOW_RST_ACK, .sport = 65535 },
	{ "reserved TCP bits", NOLIST_LOW_RST_ACK, .twist = twist_tcp_reserved },
	{ "urgent data, no window", NOLIST_LOW_RST_ACK, .flags = FRAME_URG, .data = 6,
	  .twist = twist_urgent },
	{ "TTL 1 and an IP id", NOLIST_LOW_RST_ACK, .twist = twist_ttl_1 },
	{ "may be fragmented", NOLIST_LOW_RST_ACK, .twist = twist_may_fragment },
	{ "checksums of ffff", NOLIST_LOW_RST_ACK, .twist = twist_sums_of_ffff },
	{ "checksums of 0000", NOLIST_LOW_RST_ACK, .twist = twist_sums_of_0000 },
	{ "the most that is summed here", NOLIST_LOW_RST_ACK, .data = 1536 - 20, .pad = 3000 },
	{ "hop-by-hop: PadN", NOLIST_LOW_RST_ACK, .dst = LOW6, .layer = layer_hop },
	{ "destination options: PadN", NOLIST_LOW_RST_ACK, .dst = LOW6, .layer = layer_dst },
	{ "an atomic fragment", NOLIST_LOW_RST_ACK, .dst = LOW6, .layer = layer_atomic, ODD_DATA },
	{ "four extension headers", NOLIST_LOW_RST_ACK, .dst = LOW6, .layer = layer_all_ext,
	  .tags = "aq", ODD_DATA, OPT(SACK) },
	{ "four extension headers, padded", NOLIST_LOW_RST_ACK, .dst = LOW6,
	  .layer = layer_all_ext, .pad = 200 },
	{ "the last address before loopback", NOLIST_LOW_RST_ACK, .src = "126.255.255.255" },
	{ "the first after loopback", NOLIST_LOW_RST_ACK, .src = "128.0.0.0" },
	{ "the first after this network", NOLIST_LOW_RST_ACK, .src = "1.0.0.0" },
	{ "the last before multicast", NOLIST_LOW_RST_ACK, .src = "223.255.255.255" },
	{ "a neighbour of ours", NOLIST_LOW_RST_ACK, .src = "198.51.100.2" },
	{ "link-local", NOLIST_LOW_RST_ACK, .src = "fe80::1" },
	{ "the last before multicast, IPv6", NOLIST_LOW_RST_ACK, .src = "feff:ffff::1" },
	{ "NAT64", NOLIST_LOW_RST_ACK, .src = "64:ff9b::203.0.113.7" },
	{ "the first after ::/64", NOLIST_LOW_RST_ACK, .src = "0:0:0:1::" },
};

#define OTHER_ACK .flags = FRAME_ACK, .ack = 0xdeadbeef

static const struct row high[] = {
	{ "SYN", NOLIST_HIGH_SYN_ACK, .dst = HIGH4 },
	{ "SYN, IPv6", NOLIST_HIGH_SYN_ACK, .dst = HIGH6 },
	{ "SYN as Linux sends it", NOLIST_HIGH_SYN_ACK, .dst = HIGH4, OPT(LINUX_SYN),
	  .tsval = 0x01020304 },
	{ "SYN as Linux sends it, IPv6, a tag", NOLIST_HIGH_SYN_ACK, .dst = HIGH6, .tags = "q",
	  OPT(LINUX_SYN), .tsval = 0x01020304 },
	{ "SYN as Windows sends it", NOLIST_HIGH_SYN_ACK, .dst = HIGH4, OPT(WINDOWS_SYN) },
	{ "SYN as Linux sends it without timestamps", NOLIST_HIGH_SYN_ACK, .dst = HIGH4,
	  OPT(LINUX_PLAIN_SYN) },
	{ "SYN as macOS sends it without timestamps", NOLIST_HIGH_SYN_ACK, .dst = HIGH4,
	  OPT(MACOS_PLAIN_SYN) },
	{ "SYN without scaling", NOLIST_HIGH_SYN_ACK, .dst = HIGH4, OPT(UNSCALED_SYN) },
	{ "SYN without scaling, IPv6", NOLIST_HIGH_SYN_ACK, .dst = HIGH6, OPT(UNSCALED_SYN) },
	{ "SYN as macOS sends it", NOLIST_HIGH_SYN_ACK, .dst = HIGH4,
	  OPT("\2\4\5\xb4\1\3\3\6\1\1\x8\xa\1\2\3\4\0\0\0\0\4\2\0\0"), .tsval = 0x01020304 },
	{ "SYN as FreeBSD sends it", NOLIST_HIGH_SYN_ACK, .dst = HIGH4,
	  OPT("\2\4\5\xb4\1\3\3\6\4\2\x8\xa\1\2\3\4\0\0\0\0"), .tsval = 0x01020304 },
	{ "SYN as FreeBSD sends it, IPv6, a tag", NOLIST_HIGH_SYN_ACK, .dst = HIGH6, .tags = "q",
	  OPT("\2\4\5\xb4\1\3\3\6\4\2\x8\xa\1\2\3\4\0\0\0\0"), .tsval = 0x01020304 },
	{ "SYN as macOS sends it, but an option at its end", NOLIST_HIGH_BAD, .dst = HIGH4,
	  OPT("\2\4\5\xb4\1\3\3\6\1\1\x8\xa\1\2\3\4\0\0\0\0\4\2\1\2") },
	{ "SYN with thirty NOPs and timestamps", NOLIST_HIGH_SYN_ACK, .dst = HIGH4,
	  OPT(NOP4 NOP4 NOP4 NOP4 NOP4 NOP4 NOP4 "\1\1\x8\xa\1\2\3\4\5\6\7\x8"), .tsval = 0x01020304 },
	{ "SYN with sixteen NOPs", NOLIST_HIGH_SYN_ACK, .dst = HIGH4, OPT(NOP4 NOP4 NOP4 NOP4) },
	{ "SYN with bare timestamps", NOLIST_HIGH_SYN_ACK, .dst = HIGH4, OPT(STAMP),
	  .tsval = 0x01020304 },
	{ "SYN with another option of 10 bytes", NOLIST_HIGH_SYN_ACK, .dst = HIGH4,
	  OPT("\1\1\xfe\xa\1\2\3\4\5\6\7\x8") },
	{ "SYN with data and DSCP", NOLIST_HIGH_SYN_ACK, .dst = HIGH4, .data = 33, .tos = 0xbb },
	{ "another's acknowledgement", NOLIST_HIGH_RST, .dst = HIGH4, OTHER_ACK },
	{ "another's data, IPv6", NOLIST_HIGH_RST, .dst = HIGH6, OTHER_ACK, .data = 9 },
	{ "another's, with timestamps", NOLIST_HIGH_RST, .dst = HIGH4, OTHER_ACK, OPT(STAMP) },
	{ "the handshake's end", NOLIST_HIGH_TEXT, .dst = HIGH4, ACKS(0) },
	{ "the handshake's end, IPv6, two tags", NOLIST_HIGH_TEXT, .dst = HIGH6, .tags = "aq",
	  ACKS(0) },
	{ "a greeting before the banner", NOLIST_HIGH_TEXT, .dst = HIGH4, ACKS(0),
	  SAYS("EHLO a\r\n") },
	{ "a greeting", NOLIST_HIGH_TEXT, .dst = HIGH4, ACKS(BANNER_LEN), SAYS("EHLO a\r\n"),
	  GREETED },
	{ "a greeting, IPv6", NOLIST_HIGH_TEXT, .dst = HIGH6, ACKS(BANNER_LEN),
	  SAYS("helo client.example\r\n"), GREETED },
	{ "the end", NOLIST_HIGH_ACK, .dst = HIGH4, .acks = 1 + BANNER_LEN,
	  .flags = FRAME_ACK | FRAME_FIN },
	{ "an acknowledgement, after which it is the client's turn", NOLIST_HIGH_SILENT,
	  .dst = HIGH4, ACKS(BANNER_LEN) },
	{ "SYN,ACK", NOLIST_HIGH_RST, .dst = HIGH4, .flags = FRAME_SYN | FRAME_ACK, .ack = 7 },
	{ "no flags", NOLIST_HIGH_SILENT, .dst = HIGH4, .flags = NO_FLAGS },
	{ "RST", NOLIST_HIGH_BAD, .dst = HIGH4, .flags = FRAME_RST },
	{ "a wrong checksum", NOLIST_HIGH_BAD, .dst = HIGH6, .twist = twist_tcp_sum },
	{ "truncated", NOLIST_HIGH_BAD, .dst = HIGH4, .twist = twist_len_1_over },
};

const struct row packet_vlans[] = {
	{ "802.1Q", NOLIST_LOW_RST_ACK, .tags = "q" },
	{ "802.1ad", NOLIST_LOW_RST_ACK, .tags = "a", .dst = LOW6 },
	{ "802.1ad, 802.1Q", NOLIST_LOW_RST_ACK, .tags = "aq", ODD_DATA },
	{ "802.1ad, 802.1Q, high", NOLIST_HIGH_SYN_ACK, .tags = "aq", .dst = HIGH4 },
	{ "802.1Q, 802.1Q, IPv6", NOLIST_HIGH_RST, .tags = "qq", .dst = HIGH6, .ack = 5,
	  .flags = FRAME_ACK },
	{ "802.1ad, 802.1ad, options", NOLIST_LOW_RST_ACK, .tags = "aa", OPT(LINUX_SYN),
	  .pad = 100 },
};

/* --- the tables ------------------------------------------------------------ */

#define TABLE(name, rows) { name, rows, COUNT(rows) }

const struct packet_table packet_tables[] = {
	TABLE("not IP passes", not_ip),
	TABLE("not TCP passes", not_tcp),
	TABLE("rare shapes of IP pass", shapes),
	TABLE("other addresses and ports pass", others),
	TABLE("the real MX's segments pass", real),
	TABLE("lengths that contradict each other pass", broken),
	TABLE("wrong checksums pass", sums),
	TABLE("sources that may not be answered pass", sources),
	TABLE("what is for a group or another host of the link passes", groups),
	TABLE("resets pass", resets),
	TABLE("malformed and signed TCP options pass", bad_options),
	TABLE("TCP options are no obstacle", options),
	TABLE("a closed port's answers", answers),
	TABLE("VLAN tags stay", packet_vlans),
	TABLE("a high fake's answers", high),
};

const size_t packet_vlan_count = COUNT(packet_vlans);
const size_t packet_table_count = COUNT(packet_tables);
