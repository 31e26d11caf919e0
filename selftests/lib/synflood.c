// SPDX-License-Identifier: GPL-2.0-only
/*
 * A flood of forged SYNs over a packet socket, at a steady rate. A helper of net/gate-flood, no
 * test itself.
 *
 *	synflood IFACE MAC ADDR RATE SECONDS NETWORKS
 *
 * To ADDR, port 25, from sources that never repeat: by turns from anywhere and from hosts of
 * 198.18.0.0/24 ... 198.18.(NETWORKS - 1).0/24. Prints how many it sent in a second.
 */
#define _GNU_SOURCE /* sendmmsg() */
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define FRAME 54
#define BATCH 64

static unsigned char frame[BATCH][FRAME];
static unsigned int networks, n;

static unsigned int sum(const unsigned char *b, int len)
{
	unsigned int s = 0;
	int i;

	for (i = 0; i < len; i += 2)
		s += b[i] << 8 | b[i + 1];
	return s;
}

static void put(unsigned char *at, unsigned int s)
{
	s = (s & 0xffff) + (s >> 16);
	s = ~((s & 0xffff) + (s >> 16));
	at[0] = s >> 8;
	at[1] = s;
}

/* Another source, sequence number and port, and the checksums for them. */
static void forge(unsigned char *f)
{
	unsigned int any = ++n * 2654435761u;
	unsigned int source = n & 1 ? 0xc6120000u | (n >> 1) % networks << 8 | (2 + any % 250) :
				      0x20000000u + any % 0x60000000u;
	unsigned char *ip = f + 14, *tcp = f + 34;
	unsigned int big = htonl(source);
	unsigned short port = htons(1025 + any % 60000);

	memcpy(ip + 12, &big, 4);
	memcpy(tcp, &port, 2);
	memcpy(tcp + 4, &any, 4);
	memset(ip + 10, 0, 2);
	memset(tcp + 16, 0, 2);
	put(ip + 10, sum(ip, 20));
	put(tcp + 16, sum(ip + 12, 8) + sum(tcp, 20) + 6 + 20);
}

static void make(const char *mac, const char *to)
{
	static const unsigned char head[] = { 0x08, 0x00, 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6 };
	int i;

	for (i = 0; i < BATCH; i++) {
		unsigned char *f = frame[i];

		if (!ether_aton_r(mac, (void *)f) || inet_pton(AF_INET, to, f + 30) != 1)
			errx(2, "no addresses: %s %s", mac, to);
		f[6] = 2;
		f[11] = 1;
		memcpy(f + 12, head, sizeof(head));
		f[37] = 25;
		f[46] = 0x50;
		f[47] = 2;
		f[48] = 4;
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	struct mmsghdr message[BATCH] = {};
	struct iovec part[BATCH];
	double start, rate, seconds;
	long sent = 0;
	int s, i, got;

	if (argc != 7)
		errx(2, "usage: synflood IFACE MAC ADDR RATE SECONDS NETWORKS");
	rate = atof(argv[4]);
	seconds = atof(argv[5]);
	networks = atoi(argv[6]);
	to.sll_ifindex = if_nametoindex(argv[1]);
	s = socket(AF_PACKET, SOCK_RAW, 0);
	if (s < 0 || !to.sll_ifindex || bind(s, (void *)&to, sizeof(to)))
		err(2, "%s", argv[1]);
	make(argv[2], argv[3]);
	for (i = 0; i < BATCH; i++) {
		part[i] = (struct iovec){ frame[i], FRAME };
		message[i].msg_hdr = (struct msghdr){ .msg_iov = &part[i], .msg_iovlen = 1 };
	}
	for (start = now(); now() - start < seconds;) {
		if (sent > rate * (now() - start)) {
			nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
			continue;
		}
		for (i = 0; i < BATCH; i++)
			forge(frame[i]);
		got = sendmmsg(s, message, BATCH, 0);
		if (got > 0)
			sent += got;
	}
	printf("%.0f\n", sent / (now() - start));
	return 0;
}
