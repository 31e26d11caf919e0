// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes and reads segments; see packet.h.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "user/probe/packet.h"

#define ETH_BYTES 14
#define IP4_BYTES 20
#define IP6_BYTES 40
#define TCP_BYTES 20

static void put16(unsigned char *at, unsigned int v)
{
	at[0] = v >> 8;
	at[1] = v;
}

static void put32(unsigned char *at, uint32_t v)
{
	put16(at, v >> 16);
	put16(at + 2, v & 0xffff);
}

static unsigned int get16(const unsigned char *at)
{
	return at[0] << 8 | at[1];
}

static uint32_t get32(const unsigned char *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/* RFC 1071 */
static uint32_t sum_of(const unsigned char *at, size_t size, uint32_t sum)
{
	for (; size > 1; at += 2, size -= 2)
		sum += get16(at);
	return size ? sum + (at[0] << 8) : sum;
}

static unsigned int fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static const unsigned char *bytes_of(const struct nolist_addr *addr, size_t *size)
{
	*size = addr_is_ip4(addr) ? 4 : 16;
	return addr->b + 16 - *size;
}

/* Ethernet's and IP's headers for so many bytes of TCP; returns their length. */
static size_t make_headers(const struct packet *s, unsigned char *frame, size_t tcp)
{
	static const unsigned char from_mac[6] = { 2, 0, 0, 0, 0, 8 };
	bool is_ip4 = addr_is_ip4(&s->to);
	unsigned char *ip = frame + ETH_BYTES;
	size_t size;

	memcpy(frame, s->to_mac, 6);
	memcpy(frame + 6, from_mac, 6);
	put16(frame + 12, is_ip4 ? 0x0800 : 0x86dd);
	if (is_ip4) {
		memset(ip, 0, IP4_BYTES);
		ip[0] = 0x45;
		put16(ip + 2, IP4_BYTES + tcp);
		ip[6] = 0x40; /* do not fragment */
		ip[8] = 64;
		ip[9] = IPPROTO_TCP;
		memcpy(ip + 12, bytes_of(&s->from, &size), 4);
		memcpy(ip + 16, bytes_of(&s->to, &size), 4);
		put16(ip + 10, fold(sum_of(ip, IP4_BYTES, 0)));
		return ETH_BYTES + IP4_BYTES;
	}
	memset(ip, 0, IP6_BYTES);
	ip[0] = 0x60;
	put16(ip + 4, tcp);
	ip[6] = IPPROTO_TCP;
	ip[7] = 64;
	memcpy(ip + 8, s->from.b, 16);
	memcpy(ip + 24, s->to.b, 16);
	return ETH_BYTES + IP6_BYTES;
}

/* Options as Linux' own client has them; returns their length. */
static size_t make_options(const struct packet *s, unsigned char *at)
{
	size_t n = 0;

	if (s->flags & PACKET_SYN) {
		at[n++] = 2; /* MSS */
		at[n++] = 4;
		put16(at + n, 1220);
		n += 2;
	}
	if (s->has_stamps) {
		at[n++] = 1;
		at[n++] = 1;
		at[n++] = 8;
		at[n++] = 10;
		put32(at + n, s->tsval);
		put32(at + n + 4, s->tsecr);
		n += 8;
	}
	return n;
}

static unsigned int tcp_sum(const struct packet *s, const unsigned char *tcp, size_t size)
{
	size_t n;
	uint32_t sum = sum_of(tcp, size, size + IPPROTO_TCP);
	const unsigned char *from = bytes_of(&s->from, &n), *to = bytes_of(&s->to, &n);

	return fold(sum_of(to, n, sum_of(from, n, sum)));
}

size_t packet_make(const struct packet *s, unsigned char frame[PACKET_MAX])
{
	unsigned char options[40];
	size_t doff = TCP_BYTES + make_options(s, options);
	size_t at = make_headers(s, frame, doff + s->size);
	unsigned char *tcp = frame + at;

	memset(tcp, 0, TCP_BYTES);
	put16(tcp, s->sport);
	put16(tcp + 2, s->dport);
	put32(tcp + 4, s->seq);
	put32(tcp + 8, s->ack);
	tcp[12] = doff / 4 << 4;
	tcp[13] = s->flags;
	put16(tcp + 14, 64240);
	memcpy(tcp + TCP_BYTES, options, doff - TCP_BYTES);
	if (s->size)
		memcpy(tcp + doff, s->data, s->size);
	put16(tcp + 16, tcp_sum(s, tcp, doff + s->size));
	return at + doff + s->size;
}

static void read_stamps(const unsigned char *at, const unsigned char *end, struct packet *answer)
{
	while (at < end && *at) {
		if (*at == 1) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2 || at[1] > end - at)
			return;
		if (*at == 8 && at[1] == 10) {
			answer->has_stamps = true;
			answer->tsval = get32(at + 2);
			answer->tsecr = get32(at + 6);
		}
		at += at[1];
	}
}

/* Where TCP begins, and how much of it there is; 0: not from where s was sent to. */
static size_t read_headers(const unsigned char *frame, size_t len, const struct packet *s,
			   size_t *tcp)
{
	bool is_ip4 = addr_is_ip4(&s->to);
	size_t bytes = is_ip4 ? IP4_BYTES : IP6_BYTES, size;
	const unsigned char *ip = frame + ETH_BYTES, *addr = ip + (is_ip4 ? 12 : 8);

	if (len < ETH_BYTES + bytes + TCP_BYTES || get16(frame + 12) != (is_ip4 ? 0x0800 : 0x86dd))
		return 0;
	bytes_of(&s->to, &size);
	if (ip[is_ip4 ? 9 : 6] != IPPROTO_TCP || memcmp(addr, bytes_of(&s->to, &size), size) ||
	    memcmp(addr + size, bytes_of(&s->from, &size), size))
		return 0;
	*tcp = is_ip4 ? get16(ip + 2) - IP4_BYTES : get16(ip + 4);
	return *tcp <= len - ETH_BYTES - bytes ? ETH_BYTES + bytes : 0;
}

bool packet_read(const unsigned char *frame, size_t len, const struct packet *s,
		  struct packet *answer)
{
	size_t size, at = read_headers(frame, len, s, &size), doff;
	const unsigned char *tcp = frame + at;

	*answer = (struct packet){};
	if (!at || size < TCP_BYTES || get16(tcp) != s->dport || get16(tcp + 2) != s->sport)
		return false;
	doff = (tcp[12] >> 4) * 4;
	if (doff < TCP_BYTES || doff > size)
		return false;
	answer->seq = get32(tcp + 4);
	answer->ack = get32(tcp + 8);
	answer->flags = tcp[13];
	read_stamps(tcp + TCP_BYTES, tcp + doff, answer);
	answer->data = (const char *)tcp + doff;
	answer->size = size - doff;
	return true;
}
