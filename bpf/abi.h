/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ABI between the packet side (bpf/) and the operator side (user/): every
 * map name, key, value and number that both must agree on, and nothing else.
 * Compiled by clang -target bpf and by the host's compiler; selftests/unit/abi.c
 * compares the layout with the object's BTF.
 *
 * Configuration flows down (nolist_conf), evidence flows up (all other maps);
 * the two never share a map.
 *
 * One clock: every *_ns is CLOCK_MONOTONIC_COARSE, in nanoseconds since boot.
 * User space adds (CLOCK_REALTIME - CLOCK_MONOTONIC) to get wall time, and
 * stores it beside the boot id, since the clock starts anew with each boot.
 *
 * Counters only grow as long as their table exists; reading one does not reset it.
 */
#ifndef NOLIST_ABI_H
#define NOLIST_ABI_H

#include <linux/types.h>

#define NOLIST_MAGIC 0x6e6f6c73u /* "nols" */

/*
 * Raised when a byte below changes its meaning or its place. An addition needs no new
 * version: reserved fields are for it, which are zero until they are used.
 * - An event or a verdict takes the next number of its enum; there are slots for
 *   NOLIST_EVENT_SLOTS and NOLIST_VERDICT_SLOTS.
 * - A field of a record takes the first words of "reserved", which gets that much shorter:
 *   no other field moves, and the asserts below hold. Zero must mean "nothing known", since
 *   that is what an older program writes.
 * - A switch of the configuration takes a word of its "reserved"; zero must mean "off",
 *   since that is what an older tool writes.
 * An older tool reads the records of a newer program: it passes over reserved words that it
 * does not know, keeps counts of unnamed events, adds up unnamed verdicts, and never frees a
 * record with unknown words.
 */
#define NOLIST_ABI_VERSION 6u

/* Names of the programs and of their maps; the kernel stores 15 characters. */
#define NOLIST_PROG "nolist_ingress"   /* what is attached */
#define NOLIST_PROG_SLOW "nolist_slow" /* what it calls for frames of rare shapes */
#define NOLIST_MAP_META "nolist_meta"
#define NOLIST_MAP_KEY "nolist_key"
#define NOLIST_MAP_CONF "nolist_conf"
#define NOLIST_MAP_CONTACTS "nolist_contacts"
#define NOLIST_MAP_VERIFIED "nolist_verified"
#define NOLIST_MAP_STATS "nolist_stats"
#define NOLIST_MAP_COOKIES "nolist_cookies" /* the program's own, never pinned */
#define NOLIST_MAP_LIMITS "nolist_limits"   /* the program's own, never pinned */
#define NOLIST_MAP_PROGS "nolist_progs" /* the program's own; pinned, or the kernel empties it */
#define NOLIST_MAP_DOMAINS "nolist_domains"
#define NOLIST_MAP_STAMPS "nolist_stamps"
#define NOLIST_MAP_BLOCK "nolist_block" /* the table of listed sources: block.h */
#define NOLIST_MAP_SAID "nolist_said"   /* what they are told at the real MX */
#define NOLIST_MAP_LOW_PASS "nolist_low_pass" /* who passes at a low fake's address */
#define NOLIST_MAP_TENANTS "nolist_tenants" /* the tenants' configurations */
#define NOLIST_MAP_TENANTED "nolist_tenanted" /* and what came to them */

/*
 * An address in network byte order. IPv4 is v4-mapped (::ffff:a.b.c.d, RFC 4291
 * 2.5.5.2), so that both families take the same path.
 */
struct nolist_addr {
	union {
		__u8 b[16];
		__be32 w[4];
		__u64 q[2];
	};
};
_Static_assert(sizeof(struct nolist_addr) == 16, "abi");

enum nolist_role {
	NOLIST_NONE = 0, /* not a mail exchanger of ours */
	NOLIST_LOW = 1,  /* the low fake: port closed */
	NOLIST_REAL = 2, /* the real MX: mail passes, contacts are noted */
	NOLIST_HIGH = 3, /* a high fake: "come back later" */
	NOLIST_OWN = 4,  /* any other address of this host, or one of its subnets'
			  * broadcast addresses: a source that gets no answer */
	NOLIST_ROLES
};

/*
 * What was done with a frame. Each frame adds one to exactly one of these.
 * Append-only: a retired number keeps its place.
 */
enum nolist_verdict {
	NOLIST_PASS_UNCONFIGURED = 0, /* no configuration yet: everything passes */
	NOLIST_PASS_NOT_IP = 1,       /* ARP, LLDP, runts, more than two VLAN tags */
	NOLIST_PASS_NOT_TCP = 2,      /* UDP, ICMP, neighbour discovery, tunnels */
	NOLIST_PASS_SHAPE = 3,        /* fragment, IPv4 options, rare IPv6 headers, no whole TCP
				       * header; to a fake: longer than is summed here */
	NOLIST_PASS_OTHER = 4,        /* TCP, but no MX address or port of ours */
	NOLIST_PASS_REAL = 5,         /* to the real MX, noted */
	/* To a fake, but a closed port would not answer it: passed to the kernel. */
	NOLIST_PASS_NOT_HOST = 6,    /* to a group or another host of the link */
	NOLIST_PASS_SOURCE = 7,      /* a source that may not be answered */
	NOLIST_PASS_TRUNCATED = 8,   /* lengths that contradict each other */
	NOLIST_PASS_CHECKSUM = 9,    /* a wrong IPv4 or TCP checksum */
	NOLIST_PASS_RESET = 10,      /* an RST is never answered */
	NOLIST_PASS_TCP_OPTION = 11, /* malformed options, TCP-MD5 or TCP-AO */
	NOLIST_PASS_NO_SPACE = 12,   /* the driver refused to resize the frame */
	/* Answers. */
	NOLIST_LOW_RST_ACK = 13,  /* segment without ACK: <SEQ=0><ACK><RST,ACK> */
	NOLIST_LOW_RST = 14,      /* segment with ACK: <SEQ=SEG.ACK><RST> */
	NOLIST_HIGH_RST = 15,     /* acknowledges what we have not sent: as a closed port */
	NOLIST_HIGH_SYN_ACK = 16, /* SYN,ACK, or SYN where the handshake is split */
	NOLIST_HIGH_TEXT = 17,    /* the banner or a reply */
	NOLIST_HIGH_ACK = 18,     /* an acknowledgement without text */
	/* To a high fake: dropped, since the kernel would reset the dialogue. */
	NOLIST_HIGH_SILENT = 19,   /* it needs no answer */
	NOLIST_HIGH_BAD = 20,      /* a closed port would not answer it */
	NOLIST_HIGH_NO_SPACE = 21, /* the driver refused to resize the frame */
	/* A shape for which nolist_slow was needed, and it is not in nolist_progs. */
	NOLIST_PASS_NO_SLOW = 22, /* the kernel sees it */
	NOLIST_HIGH_NO_SLOW = 23, /* to a high fake: dropped */
	/* Its network has had its answers in this second: dropped. */
	NOLIST_LOW_LIMITED = 24,  /* a reset of the low fake */
	NOLIST_HIGH_LIMITED = 25, /* a reset or a SYN,ACK of a high fake */
	/*
	 * To the low fake, where a closed port is silent: dropped, on interfaces whose
	 * checksums are always whole. In the order of NOLIST_PASS_SOURCE ... NOLIST_PASS_RESET.
	 */
	NOLIST_SILENT_SOURCE = 26,
	NOLIST_SILENT_TRUNCATED = 27,
	NOLIST_SILENT_CHECKSUM = 28,
	NOLIST_SILENT_RESET = 29,
	/* To a fake, only the kernel can answer it, and NOLIST_RARE is spent: dropped. */
	NOLIST_RARE_LIMITED = 30,
	/* To the real MX, where it is defended (real.h): of a listed source, or of a stranger. */
	NOLIST_PASS_LISTED = 31, /* passed, and noted as what would be refused or was spared */
	NOLIST_REAL_RESET = 32,  /* a SYN is reset */
	/* The dialogue with a listed source, as NOLIST_HIGH_SYN_ACK ... NOLIST_HIGH_SILENT. */
	NOLIST_REAL_SYN_ACK = 33,
	NOLIST_REAL_TEXT = 34,
	NOLIST_REAL_ACK = 35,
	NOLIST_REAL_SILENT = 36,
	NOLIST_REAL_LIMITED = 37,  /* its network has had its answers in this second: dropped */
	NOLIST_REAL_NO_SPACE = 38, /* the driver refused to resize the frame: dropped */
	NOLIST_REAL_DROPPED = 39,  /* a SYN is dropped */
	NOLIST_REAL_GATED = 40,    /* a stranger's first SYN is dropped: its next one passes */
	/* To the real MX or a high fake, of a source that is held (tarpit.h). */
	NOLIST_TARPIT_SYN_ACK = 41,
	NOLIST_TARPIT_BANNER = 42, /* the greeting, which closes our window: it is held */
	NOLIST_TARPIT_LINE = 43,   /* one more line, for a probe */
	NOLIST_TARPIT_END = 44,    /* the last line: it is tempfailed */
	NOLIST_TARPIT_RST = 45,    /* it leaves, or has not understood the end */
	NOLIST_TARPIT_SILENT = 46, /* it needs no answer: dropped */
	NOLIST_VERDICTS
};
#define NOLIST_VERDICT_SLOTS 48
_Static_assert(NOLIST_VERDICTS <= NOLIST_VERDICT_SLOTS, "abi");

/* nolist_progs: the place of each program. */
enum nolist_progs_slot { NOLIST_SLOT_SLOW = 0, NOLIST_PROG_SLOTS };

/*
 * Configuration: one value, replaced as a whole by one update of nolist_conf
 * (an array of maps with one element), so no frame sees half of it.
 */
#define NOLIST_PORT_MAX 8     /* ports at the fakes */
#define NOLIST_MX_MAX 1024    /* addresses with a role */
#define NOLIST_SLOTS 4096     /* places in the table below; 2^12, see nolist_slot_of() */
#define NOLIST_PROBES 4       /* places that are searched, from the hashed one on */
#define NOLIST_PARTIAL_MAX 64 /* interfaces of which it is known how they deliver checksums */
#define NOLIST_WHOLE 0x80000000u /* bit of partial[]: always whole, and wrong ones are dropped */
#define NOLIST_MAC_MAX 32     /* link addresses of this host */
#define NOLIST_TEST_MAX 8     /* sources of tests: their mail says nothing of the real MX's health */

#define NOLIST_SMTP_PORT 25 /* at the real MX only this port is an alibi */

struct nolist_slot {
	struct nolist_addr addr; /* whose role is this */
	__u32 role;              /* enum nolist_role, with a tenant's place; NOLIST_NONE: it is free */
	__u32 mx;                /* index into nolist_stats.mx */
};
_Static_assert(sizeof(struct nolist_slot) == 24, "abi");

/*
 * A high fake of a tenant, a customer with words and domains of its own: its role has above the low
 * byte which of nolist_tenants is meant, 0 where it is none: the number, from 1 on, and
 * NOLIST_TENANTS_PLACE where the second of the two places is in force. So the one write that puts a
 * configuration in force also does that with the tenants', which a load puts at the other place.
 */
#define NOLIST_TENANTS_MAX 255
#define NOLIST_TENANTS_PLACE 256
#define NOLIST_TENANT_SHIFT 8
#define NOLIST_ROLE(role) ((role) & ((1 << NOLIST_TENANT_SHIFT) - 1))
#define NOLIST_TENANT(role) ((role) >> NOLIST_TENANT_SHIFT & NOLIST_TENANTS_MAX)

/*
 * The dialogue of a high fake. The number of bytes that we have sent since the
 * handshake, modulo 32, is twice the state. The client acknowledges these bytes, so
 * the state comes with each of its segments. User space makes the texts, each of a
 * length that leads to the right state.
 */
enum nolist_state {
	NOLIST_CLOSED = 0, /* our FIN is out */
	NOLIST_FRESH = 1,  /* the banner is out */
	NOLIST_GREETED = 2,
	NOLIST_MAIL = 3,
	NOLIST_RCPT = 4,
	NOLIST_TEMPFAILED = 3, /* added to the three above: the 4xx has been sent */
	NOLIST_BASES = 8,      /* states without the bit below */
	NOLIST_MIDLINE = 8,    /* bit: the verb was answered, the rest of its line is to come */
	NOLIST_TEASED = 8,     /* of a greeting in two lines the first is out */
	NOLIST_STATES = 16
};

/* Verbs that get different answers (RFC 5321 4.1.1). */
enum nolist_verb {
	NOLIST_V_UNKNOWN = 0,
	NOLIST_V_GREET = 1, /* EHLO, HELO */
	NOLIST_V_MAIL = 2,
	NOLIST_V_RCPT = 3,
	NOLIST_V_DATA = 4, /* DATA, BDAT */
	NOLIST_V_RSET = 5,
	NOLIST_V_NOOP = 6,
	NOLIST_V_VRFY = 7,
	NOLIST_V_HELP = 8,
	NOLIST_V_QUIT = 9,
	NOLIST_V_STARTTLS = 10,
	NOLIST_V_NOT_SMTP = 11, /* HTTP, TLS, binary, endless lines, too much */
	NOLIST_VERBS = 12
};
/* No verb, but a column of replies: to a RCPT whose domain is not ours. */
#define NOLIST_SAY_ELSEWHERE 12
#define NOLIST_REPLY_COLUMNS 16 /* a reply for each verb; the others are in reserve */
_Static_assert(NOLIST_VERBS <= NOLIST_SAY_ELSEWHERE, "abi");
_Static_assert(NOLIST_SAY_ELSEWHERE < NOLIST_REPLY_COLUMNS, "abi");

#define NOLIST_TEXT_MAX 192   /* bytes of a reply with CR LF; even, fits any segment */
#define NOLIST_TOTAL_MAX 8192 /* bytes we send in a dialogue before we end it */

/* A reply that is the 4xx; that ends with our FIN; that says that a domain is not ours. */
enum { NOLIST_SAYS_LATER = 1, NOLIST_SAYS_BYE = 2, NOLIST_SAYS_ELSEWHERE = 4 };

struct nolist_reply {
	__u16 len;   /* bytes of text; even; 0: there is no such reply */
	__u16 sum;   /* their sum in 16-bit words in network byte order, folded */
	__u8 does;   /* bits: NOLIST_SAYS_... */
	__u8 pad[3];
	char text[NOLIST_TEXT_MAX];
};
_Static_assert(sizeof(struct nolist_reply) == 200, "abi");

/* Index of a reply: the banner; or by mid (1: the rest of the line is to come), state, verb. */
#define NOLIST_BANNER 0
#define NOLIST_REPLY(mid, state, verb)                                                             \
	(1 + ((mid) * NOLIST_STATES + (state)) * NOLIST_REPLY_COLUMNS + (verb))
#define NOLIST_REPLIES NOLIST_REPLY(2, 0, 0)
/* The greeting's second line; without text the banner is all of it. */
#define NOLIST_BANNER_END NOLIST_REPLY(0, NOLIST_TEASED, 0)
/* Of a client that is held: the greeting, a line that is not the last, and the last one. */
#define NOLIST_TARPIT_GREETING NOLIST_REPLY(0, NOLIST_CLOSED, NOLIST_SAY_ELSEWHERE + 1)
#define NOLIST_TARPIT_MORE NOLIST_REPLY(0, NOLIST_CLOSED, NOLIST_SAY_ELSEWHERE + 2)
#define NOLIST_TARPIT_LAST NOLIST_REPLY(0, NOLIST_CLOSED, NOLIST_SAY_ELSEWHERE + 3)
#define NOLIST_TARPIT_LINES 16 /* at most: the sequence numbers last so long */

struct nolist_smtp {
	__u32 is_split; /* answer a SYN by a SYN (simultaneous open, RFC 9293 3.5) */
	__u32 tarpit_lines; /* of a reply that holds a client; 0: it gets no greeting either */
	struct nolist_reply reply[NOLIST_REPLIES];
};

/* Answers that are limited by network: nolist_config.answers and nolist_limits. */
enum nolist_limit { NOLIST_LIMIT_RESET = 0, NOLIST_LIMIT_SYN_ACK = 1, NOLIST_LIMITS };

/*
 * A secret of keyed hashes. That of the map nolist_key is the sequence numbers': user space draws it
 * once and does not change it on a reload, so that no open dialogue is lost; never shown. Or it is
 * that of a file, which several hosts have (nolist_meta.utc_ns).
 */
struct nolist_key {
	__u64 k[2];
};

/*
 * What defends the real MX: bits of nolist_config.defends. NOLIST_DEFEND_HIGH: a high fake holds
 * sources of which the list says so. NOLIST_DEFEND_LOW: some sources pass at a low fake's address.
 */
enum { NOLIST_DEFEND_BLOCK = 1, NOLIST_DEFEND_GATE = 2, NOLIST_DEFEND_HIGH = 4, NOLIST_DEFEND_LOW = 8 };

/*
 * nolist_low_pass: empty, or one inner trie of networks (len: bits of a v4-mapped or IPv6 address)
 * whose connections to port 25 of a low fake's address pass to a mail server there.
 */
struct nolist_low_key {
	__u32 len;
	__be32 addr[4];
};
_Static_assert(sizeof(struct nolist_low_key) == 20, "abi");
#define NOLIST_LOW_PASS_MAX 65536 /* networks */

/* Bits of nolist_gate.flags. */
enum {
	NOLIST_GATE_STAMPS = 1, /* note when each network was at a low fake: nolist_stamps */
	/* First tries are counted by source, or by connection; without the two by network. */
	NOLIST_GATE_SOURCE = 2,
	NOLIST_GATE_CONNECTION = 4,
	NOLIST_GATE_IP4 = 8, /* is it closed in this family? It needs a low fake there. */
	NOLIST_GATE_IP6 = 16,
};

/* The order gate in front of the real MX: in force with NOLIST_DEFEND_GATE. */
struct nolist_gate {
	__u8 seconds; /* that a first try waits */
	__u8 low;     /* hours (NOLIST_HOUR) in which a visit to a low fake opens it */
	__u8 window;  /* quarters of them in which a first try is remembered */
	__u8 flags;
};
#define NOLIST_GATE_SECONDS 8 /* at most: later some system's attempt has ended */

/* Why a SYN to the real MX has passed the gate: nolist_stats.gate. */
enum nolist_gate_pass {
	NOLIST_GATE_LOW = 0,      /* its network was at a low fake lately */
	NOLIST_GATE_AGED = 1,     /* its first try is long enough ago */
	NOLIST_GATE_VERIFIED = 2, /* it has delivered mail before, or its network has lately */
	NOLIST_GATE_ALLOWED = 3,  /* an allow list has it, or it is a source of tests */
	NOLIST_GATE_LEARNING = 4, /* it is learning who comes */
	NOLIST_GATE_PASSES = 8
};
_Static_assert(sizeof(struct nolist_gate) == 4, "abi");

struct nolist_config {
	__u32 magic;   /* NOLIST_MAGIC, or the value is not ours */
	__u32 version; /* NOLIST_ABI_VERSION */
	__u32 seed;    /* of nolist_slot_of(), chosen so that all addresses fit */
	__u32 ports;   /* how many of port[] are set */
	__be16 port[NOLIST_PORT_MAX]; /* unused places repeat the first */
	__u64 until_ns; /* after that time every frame passes (load --probation); 0: no end */
	__u32 partials; /* how many of partial[] are set */
	__u32 macs;     /* how many of mac[] are set; 0: link addresses are not compared */
	/* Switches. The first four words share a cache line with what each frame reads. */
	__u16 answers[NOLIST_LIMITS]; /* to one network in a second and CPU; 0: any number */
	__u32 domains;      /* 1 + the place in nolist_domains; 0: all domains are ours */
	__u32 domain_mask;  /* lines of that table, less one */
	__u32 domain_below; /* is there an entry with NOLIST_DOMAIN_BELOW? */
	__u32 domain_count; /* entries, for people */
	struct nolist_gate gate;
	struct nolist_key domain_key; /* of the hashes; drawn with each table, never shown */
	__u32 is_silent; /* silence = drop; for status: partial[] says where it is so */
	__u32 defends; /* NOLIST_DEFEND_...; 0: all that is for the real MX passes */
	__u32 test[NOLIST_TEST_MAX]; /* sources of tests, by nolist_test_of(); 0: unused */
	__u32 partial[NOLIST_PARTIAL_MAX]; /* ifindex: a segment whose checksum
					    * field holds the pseudo-header sum
					    * is good there; or with NOLIST_WHOLE */
	__u64 mac[NOLIST_MAC_MAX]; /* six bytes as in a frame, then two zeros */
	struct nolist_slot slot[NOLIST_SLOTS];
	struct nolist_smtp smtp;
};
_Static_assert(sizeof(struct nolist_config) ==
		       128 + 4 * NOLIST_PARTIAL_MAX + 8 * NOLIST_MAC_MAX +
			       24 * NOLIST_SLOTS + 8 + 200 * NOLIST_REPLIES,
	       "abi");

/*
 * Seconds of an hour, which evidence is counted by. All that lasts hours or days follows from it:
 * a build with a shorter one (make NOLIST_HOUR=10) does in minutes what this one does in days.
 */
#ifndef NOLIST_HOUR
#define NOLIST_HOUR 3600
#endif
_Static_assert(NOLIST_HOUR >= 6 && NOLIST_HOUR <= 3600, "shorter than parts of it are counted by");
/* By how many powers of two such an hour is shorter, rounded down. */
#define NOLIST_HOUR_SHIFT (31 - __builtin_clz(3600 / NOLIST_HOUR))

/* The clock of the sequence numbers has slots of 2^40 ns, 18 minutes; they are good for two. */
#define NOLIST_COOKIE_SHIFT (40 - NOLIST_HOUR_SHIFT)
/* Clocks of hosts with one key may differ by this part of a slot, 17 seconds: as a shift. */
#define NOLIST_COOKIE_APART 6

/* The first place to look for an address. Both sides must agree on it. */
static inline __u32 nolist_slot_of(const struct nolist_addr *a, __u32 seed)
{
	__u64 h = (a->q[0] ^ seed) * 0x9e3779b97f4a7c15ull;

	/*
	 * The last byte of an address is the highest of q[1]: the factor is odd, so that
	 * the addresses of one network are spread over the whole table.
	 */
	return (h + a->q[1]) * 0xbf58476d1ce4e5b9ull >> 52;
}

/*
 * nolist_said: what listed sources are told by the real MX's address: empty, or one inner array
 * with one nolist_config, of which smtp and answers count. Without it nobody is tempfailed there.
 */

/*
 * nolist_tenants: at each of the two places an array of configurations, a tenant's at its number less
 * one. Of one count slot, smtp, answers and what is about domains. The domains of all are in one table:
 * each tenant's names are hashed with a key of its own, so that nobody else's are found by it.
 */
#define NOLIST_TENANTS_PLACES 2

/* The place that a configuration names; -1: it has no tenants. */
static inline int nolist_tenants_place(const struct nolist_config *conf)
{
	int i;

	for (i = 0; i < NOLIST_SLOTS; i++)
		if (NOLIST_TENANT(conf->slot[i].role))
			return !!(conf->slot[i].role >> NOLIST_TENANT_SHIFT & NOLIST_TENANTS_PLACE);
	return -1;
}

/* nolist_tenanted: per CPU and tenant, at its number, what came to its high fakes. */
struct nolist_tenanted {
	__u64 tempfailed; /* lines that got the 4xx */
	__u64 elsewhere;  /* recipients whose domain is not the tenant's */
	__u64 quit;       /* QUITs after the 4xx */
	__u64 reserved[5];
};
_Static_assert(sizeof(struct nolist_tenanted) == 64, "abi");

/*
 * nolist_domains: at each place a table of our domains, an array of lines. A load fills the
 * place that the configuration in force does not name, then puts its own in force. An entry is
 * 61 bits of the keyed hash of a name, which is read backwards in small letters, and the bits
 * below; 0: it is free. A name is in the line that its hash names, or, where that is full, in
 * one of the next; the first free entry is taken.
 */
#define NOLIST_DOMAIN_PLACES 2
#define NOLIST_DOMAIN_ENTRIES 8 /* of a line, which is a cache line */
#define NOLIST_DOMAIN_PROBES 4  /* lines that are searched, while they are full */
#define NOLIST_DOMAIN_MAX 63    /* bytes of a name; longer ones are never ours */

enum {
	NOLIST_DOMAIN_ITSELF = 1, /* mail for the name itself is for us */
	NOLIST_DOMAIN_BELOW = 2,  /* mail for names below it is for us, of one or two labels more */
	NOLIST_DOMAIN_USED = 4,   /* without the two: mail for it is not for us, whatever is above */
	NOLIST_DOMAIN_BITS = 7
};

struct nolist_domain_line {
	__u64 entry[NOLIST_DOMAIN_ENTRIES];
};
_Static_assert(sizeof(struct nolist_domain_line) == 64, "abi");

/* The line of a hash, modulo their number. Both sides must agree on it. */
static inline __u32 nolist_domain_line_of(__u64 hash)
{
	return hash >> 32;
}

/* A source of tests as the configuration has it, never 0. Of two sources, as good as never the same. */
static inline __u32 nolist_test_of(__u64 q0, __u64 q1)
{
	return (q0 * 0x9e3779b97f4a7c15ull + q1) * 0xbf58476d1ce4e5b9ull >> 32 | 1;
}

static inline int nolist_is_test(const __u32 test[NOLIST_TEST_MAX], __u64 q0, __u64 q1)
{
	__u32 it = nolist_test_of(q0, q1);
	int i;

	for (i = 0; i < NOLIST_TEST_MAX; i++)
		if (test[i] == it)
			return 1;
	return 0;
}

/* A source of evidence: an IPv4 address (v4-mapped) or an IPv6 /64 (rest zero). */
struct nolist_source {
	struct nolist_addr addr;
};

/* Contacts of one source with one role. */
struct nolist_contact {
	__u64 first_ns; /* when first; 0: never */
	__u64 last_ns;  /* when last */
	__u32 opens;    /* segments that open a connection; when two CPUs count at
			 * once, one count may be lost */
	__u32 reserved;
};
_Static_assert(sizeof(struct nolist_contact) == 24, "abi");

/* nolist_contacts: unverified contacts of a source. Anyone can forge them. */
struct nolist_contacts {
	struct nolist_contact low;
	struct nolist_contact real;
	struct nolist_contact high;
	__u64 reserved; /* for a field of no single role */
};
/* An entry of the table is 64 bytes of the kernel's, with the key's 16 among them, and these. */
_Static_assert(sizeof(struct nolist_contacts) == 80, "abi");

/*
 * Events in a dialogue with a high fake. User space has one table of their names
 * (user/record/events.c). Append-only, as the verdicts.
 */
enum nolist_event {
	NOLIST_EVENT_TEMPFAILED = 0,   /* got the 4xx in a dialogue verified by its timestamps */
	NOLIST_EVENT_GREETED_WEAK = 1, /* greeted at the one exact sequence number, no timestamps */
	NOLIST_EVENT_TEMPFAILED_WEAK = 2, /* got the 4xx without timestamps */
	NOLIST_EVENT_QUIT = 3,            /* said QUIT after the 4xx */
	NOLIST_EVENT_CLOSED = 4,          /* sent FIN after the 4xx, without QUIT */
	NOLIST_EVENT_EARLY_TALKER = 5,    /* talked before the banner */
	NOLIST_EVENT_PIPELINED = 6,       /* sent commands together; PIPELINING was not offered */
	NOLIST_EVENT_NOT_SMTP = 7,        /* sent something that is not SMTP */
	NOLIST_EVENT_STARTTLS = 8,        /* wanted STARTTLS */
	NOLIST_EVENT_ELSEWHERE = 9,       /* named a recipient whose domain is not ours */
	NOLIST_EVENT_HELD = 10, /* at the real MX: tempfailed in a verified dialogue, since it is listed */
	/* Tempfailed by a tenant's high fake: no count, but the tenant's number, of several the highest. */
	NOLIST_EVENT_TENANT = 11,
	NOLIST_EVENTS
};
#define NOLIST_EVENT_SLOTS 16
_Static_assert(NOLIST_EVENTS <= NOLIST_EVENT_SLOTS, "abi");

/*
 * What one source did at the high fakes in one hour of the clock. A retransmitted
 * command counts again: only zero or not zero has a meaning.
 */
struct nolist_hour {
	__u32 hour;                  /* last_ns / NOLIST_HOUR_NS + 1; 0: unused */
	__u16 n[NOLIST_EVENT_SLOTS]; /* how often each was seen; stops at the largest value */
};
_Static_assert(sizeof(struct nolist_hour) == 36, "abi");

#define NOLIST_HOUR_NS (NOLIST_HOUR * 1000000000ull)
#define NOLIST_HOURS 8 /* hours with dialogues that a record holds: the last ones */

/*
 * The last two times of something that counts again only after NOLIST_APART_NS, so that one
 * delivery with many connections counts once.
 */
struct nolist_twice {
	__u64 prev_ns; /* 0: it was less than twice */
	__u64 last_ns; /* 0: never */
};
#define NOLIST_APART_NS (NOLIST_HOUR_NS / 4) /* 15 minutes */
#define NOLIST_WALK_NS (NOLIST_HOUR_NS / 6)  /* from the low fake to the real MX: 10 minutes */

/* nolist_verified: verified evidence of a source. Nobody else can forge it. */
struct nolist_verified {
	/* Data to the real MX on a connection that the kernel holds as established. */
	__u64 real_first_ns;
	__u64 real_last_ns;
	__u32 real_data;  /* connections that carried data; a source port used
			   * twice in a row counts once */
	__be16 real_port; /* the source port of the last one */
	__u16 reserved_data;
	/* Dialogues at the high fakes. */
	__u64 high_first_ns;
	__u64 high_last_ns;
	__u32 hours;    /* distinct hours with a dialogue */
	__u32 bad_acks; /* acknowledgements of numbers that we have not sent */
	/*
	 * A walk: data to the real MX within NOLIST_WALK_NS after a SYN to a low fake. That SYN
	 * may be forged, the data cannot.
	 */
	struct nolist_twice walk;
	struct nolist_twice visit; /* data to the real MX, whatever was before */
	__u32 walks; /* those that count */
	__u32 reserved_walks;
	__u64 reserved[1];
	struct nolist_hour hour[NOLIST_HOURS]; /* at hour % NOLIST_HOURS */
};
/*
 * With the 64 bytes in front of it an entry of the table is seven cache lines, so each entry
 * begins at a cache line: all fields above the hours are in the second and third.
 */
_Static_assert(sizeof(struct nolist_verified) == 96 + 36 * NOLIST_HOURS, "abi");
_Static_assert(sizeof(struct nolist_verified) % 64 == 0, "abi");

/* Acknowledgements at high fakes of numbers that we have not sent, in one hour: forged ones. */
struct nolist_bad_acks {
	__u32 hour; /* as in nolist_hour */
	__u32 count;
};

/*
 * Connections to the real MX in one hour, to see whether it is healthy. Only sources that
 * have sent data before count as opens: anybody can forge others.
 */
struct nolist_real {
	__u32 hour; /* as in nolist_hour */
	__u32 opens;
	__u32 data; /* connections that carried data */
};
_Static_assert(sizeof(struct nolist_real) == 12, "abi");

/*
 * The limit of what a flood of forged segments may cost. The source of a SYN is
 * unverified, so each CPU notes a limited number of contacts in a second, for each role
 * apart. The others are counted as rate-limited; they are no evidence, and cost next to
 * nothing. Sources with verified evidence of late have a share of their own.
 */
#define NOLIST_CONTACTS_NEW 4096       /* new sources in a second */
#define NOLIST_CONTACTS_TOUCHED 65536  /* contacts looked up in a second */
#define NOLIST_CONTACTS_VERIFIED 65536 /* and, after these, of sources that seem verified */
#define NOLIST_SECOND_SHIFT 30         /* "a second" is 2^30 ns here */

/*
 * Segments to fakes that only the kernel can answer, in a second and CPU: where its answer takes
 * 2.5 us, that is four percent of a CPU. Counted in budget[NOLIST_NONE].touched.
 */
#define NOLIST_RARE 16384

struct nolist_budget {
	__u32 second;  /* which one, modulo 2^32 */
	__u32 touched; /* contacts looked up in it */
	__u32 added;   /* new sources in it */
	__u32 known;   /* contacts of sources that seem verified, looked up in it */
};

/* What came to an MX address. */
struct nolist_mxstats {
	__u64 segments; /* TCP segments to its ports */
	__u64 opens;    /* of these, segments that open a connection */
};

/* Why the SYN of a listed source passes. */
enum nolist_leniency {
	NOLIST_LENIENT_NOTE = 0,    /* its action, or that of all, is "note" */
	NOLIST_LENIENT_EXPIRED = 1, /* the table is too old */
	NOLIST_LENIENT_BRAKED = 2,  /* it would refuse too many verified senders */
	NOLIST_LENIENT_PAROLE = 3,  /* it is the source's hour of the day */
	NOLIST_LENIENT_WALKED = 4,  /* it has walked, which the table's lists do not know of yet */
	NOLIST_LENIENCIES
};

/* nolist_stats: one value per CPU, so that a frame needs one look-up. */
struct nolist_stats {
	__u64 verdict[NOLIST_VERDICT_SLOTS]; /* frames by verdict */
	__u64 contacts_new;                  /* sources added to nolist_contacts */
	__u64 contacts_lost;                 /* contacts not noted: the table was full */
	__u64 contacts_limited[NOLIST_ROLES]; /* contacts by role that were rate-limited */
	__u64 verified_new;                   /* sources added to nolist_verified */
	__u64 verified_lost;                  /* verified evidence not noted: the table was full */
	__u64 verified_lost_ns;               /* when last */
	__u64 elsewhere;                      /* recipients whose domain is not ours */
	__u64 gate[NOLIST_GATE_PASSES];       /* SYNs that passed the gate, by reason */
	/* SYNs of listed sources that passed; by enum nolist_leniency. */
	__u64 lenient[NOLIST_LENIENCIES];
	__u64 reserved[18];
	struct nolist_bad_acks bad_acks[NOLIST_HOURS]; /* at hour % NOLIST_HOURS */
	struct nolist_real real[2][NOLIST_HOURS];      /* IPv4, IPv6; at hour % NOLIST_HOURS */
	/* Admission to nolist_contacts, by role: what was spent in this second. */
	struct nolist_budget budget[NOLIST_ROLES];
	struct nolist_mxstats mx[NOLIST_MX_MAX]; /* by nolist_slot.mx */
};
_Static_assert(sizeof(struct nolist_stats) <= 32768, "the kernel's limit for a value per CPU");

/*
 * The MX addresses of a configuration that was put in force have a number. This bit of it is
 * set for a family (0: IPv4, 1: IPv6) in which no low fake has an address, while a low fake
 * or the real MX has one in the other family.
 */
#define NOLIST_MX_NO_LOW(family) (1ull << (63 - (family)))

struct nolist_change {
	__u64 mx;    /* a number for the addresses and their roles; 0: unused */
	__u64 at_ns; /* when */
};
#define NOLIST_CHANGES 4 /* changes that are stored: the last ones */

/* nolist_cookies: per CPU, hashes of dialogues, each at a place that its source decides. */
#define NOLIST_COOKIE_PLACES 512 /* 2^9, see high_place() */

struct nolist_cookies {
	struct nolist_addr saddr;
	struct nolist_addr daddr;
	__u64 tail; /* ports, clock slot, timestamps: see high_tail() */
	__u64 hash;
	__u64 pad[2]; /* to a cache line */
};
_Static_assert(sizeof(struct nolist_cookies) == 64, "abi");

/* nolist_limits: per CPU and kind of answer, how many the networks got in this second. */
#define NOLIST_BUCKET_BITS 11
#define NOLIST_BUCKETS (1 << NOLIST_BUCKET_BITS)

struct nolist_bucket {
	__u32 tag;    /* of the network that it counts for: further bits of its hash */
	__u16 second; /* in which it counts, modulo 2^16 */
	__u16 count;
};

struct nolist_limits {
	__u64 factor; /* of the networks' hash in this second; odd */
	__u32 second;
	__u32 pad;
	struct nolist_bucket bucket[NOLIST_BUCKETS];
};
_Static_assert(sizeof(struct nolist_limits) == 16 + 8 * NOLIST_BUCKETS, "abi");

/*
 * nolist_stamps: when a network did something last. A stamp has the time in 4 bytes, and its place
 * is a keyed hash, so that networks may share one: whoever reads it must only ever acquit by it.
 * The first line is the head; then come those of the networks that were at a low fake, and as
 * many for the gate. User space maps it and reads it while the program writes.
 */
#define NOLIST_STAMP_BITS 16
#define NOLIST_STAMP_CELLS 16 /* of a line, which is a cache line */
#define NOLIST_STAMPS_LOW 1   /* the first line of each part */
#define NOLIST_STAMPS_TRY (1 + (1 << NOLIST_STAMP_BITS))
#define NOLIST_STAMP_LINES (1 + (2 << NOLIST_STAMP_BITS))

struct nolist_stamps_head {
	__u64 factor;   /* of the hash: odd, secret, drawn once by user space; 0: no stamps */
	__u64 since_ns; /* since when low fakes are stamped without a break */
	__u64 reserved[6];
};

struct nolist_stamps {
	union {
		__u32 cell[NOLIST_STAMP_CELLS]; /* stamps; 0: never */
		struct nolist_stamps_head head;
	};
};
_Static_assert(sizeof(struct nolist_stamps) == 64, "abi");

/* A stamp is never 0, and wraps after 52 days. */
#define NOLIST_STAMP_SHIFT 20 /* its unit is 2^20 ns, 1.05 ms; it is always odd */

static inline __u32 nolist_stamp(__u64 ns)
{
	return (__u32)(ns >> NOLIST_STAMP_SHIFT) | 1;
}

/* That many seconds in its unit, 2 % less: what waited so long is never too early. */
static inline __u32 nolist_stamp_units(__u32 seconds)
{
	return seconds * (1000000000u >> NOLIST_STAMP_SHIFT);
}

/*
 * Is a stamp of less than so many units before now? Another CPU's clock may be a tick ahead,
 * so one of the next two seconds is, too.
 */
static inline int nolist_stamp_is_live(__u32 stamp, __u32 now, __u32 units)
{
	return stamp && now - stamp + 2048 < units + 2048;
}

/* The network of an address in halves: an IPv4 /24, an IPv6 /64; the rest is zero. */
static inline __u64 nolist_network(__u64 q0, __u64 q1)
{
	if (q0)
		return q0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return q1 << 8;
#else
	return q1 >> 8;
#endif
}

/*
 * Its hash. One product would spread neighbours badly with a quarter of all factors, and of an
 * IPv4 network, which is in the upper bits, it would see few bits of the factor.
 */
static inline __u64 nolist_stamp_hash(__u64 network, __u64 factor)
{
	__u64 once = (network ^ network >> 29) * factor;

	return (once ^ once >> 32) * factor;
}

/* The line of a hash in its part, and the cell in it. Both sides must agree on it. */
static inline __u32 nolist_stamp_line(__u64 hash)
{
	return hash >> (64 - NOLIST_STAMP_BITS);
}

static inline __u32 nolist_stamp_cell(__u64 hash)
{
	return hash >> (60 - NOLIST_STAMP_BITS) & (NOLIST_STAMP_CELLS - 1);
}

/* When the program was not attached where it should be, or the machine was suspended. */
struct nolist_detached {
	__u64 from_ns; /* it was still attached then; 0: unused */
	__u64 to_ns;   /* it was attached again; 0: it still is not */
};
#define NOLIST_DETACHED 6 /* the last ones; when there are more, two are stored as one */

/*
 * nolist_meta: which tables these are. Written by user space; the gate reads when it learns, the
 * sequence numbers which time it is elsewhere.
 */
struct nolist_meta {
	__u32 magic;      /* NOLIST_MAGIC; 0: no load has been here yet */
	__u32 version;    /* NOLIST_ABI_VERSION of the evidence */
	__u64 generation; /* random: tells these tables from others */
	__u64 created_ns;
	struct nolist_change change[NOLIST_CHANGES]; /* the latest first */
	__u64 seen_ns;      /* a load or a collect saw it attached last; 0: unknown */
	__u64 suspended_ns; /* how long the machine had been suspended by then */
	__u32 ifs;          /* interfaces that it was attached to by the last load; 0: unknown */
	__u32 reserved_ifs;
	struct nolist_detached detached[NOLIST_DETACHED]; /* the latest first */
	__u64 learning_ns; /* how long it learns after a change; 0: unknown, the gate is open */
	/*
	 * Added to the clock of the sequence numbers, so that hosts with one key have one clock: UTC less
	 * the one above. 0: this host has a key of its own.
	 */
	__u64 utc_ns;
	__u64 reserved[4];
};
_Static_assert(sizeof(struct nolist_meta) == 256, "abi");

/* In the object's .rodata, so that an object attached by `ip link` has its version, too. */
struct nolist_object {
	__u32 magic;
	__u32 version;
};

#endif
