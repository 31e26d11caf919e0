/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of what the MX addresses answer, from outside: as a client over the wire (wire.c,
 * smtp.c), from another network namespace (netns.c), or with made-up frames that are run
 * through the program (frames.c). No test sends mail: none gives a message to a server that
 * would take one.
 *
 * Functions return 0 or -errno; what is wrong at an address is a result, not an error.
 */
#ifndef NOLIST_PROBE_H
#define NOLIST_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/base/addr.h"
#include "user/base/findings.h"
#include "user/config/conf.h"

#define PROBE_TEXT 320

/* One address and port, and what was found there. Has no pointers: two processes share it. */
struct probe {
	struct nolist_addr addr;
	unsigned short port; /* host order */
	enum nolist_role role;
	char domain[NOLIST_DOMAIN_MAX + 1]; /* of the recipient; "": none is named */
	/* By probe_route(): */
	struct nolist_addr source; /* the address of this host that it is asked from */
	bool has_source;
	bool is_bound; /* it has to be asked from there */
	bool is_own; /* it is an address of this host: no packet leaves it */
	/* By a test: */
	bool is_ok;
	bool is_unreached; /* there was no connection, and no refusal */
	bool has_tls;      /* of a real MX: it offers STARTTLS */
	char text[PROBE_TEXT]; /* in words, safe for a terminal */
};

/* "RCPT TO:<postmaster@example.com>" or, without a domain, "RCPT TO:<postmaster>". */
#define PROBE_RCPT (32 + NOLIST_DOMAIN_MAX)
const char *probe_rcpt(const struct probe *p, char line[PROBE_RCPT]);

/* The addresses of a configuration: fakes with each port, the real MX with port 25. */
int probe_targets(const struct conf *conf, struct probe **probes, int *n);

struct smtp;
struct probe_run;

/* Tests of n addresses: which route leads there, or what they answer. */
struct probe_run {
	struct probe *probe;
	int n;
	int timeout_ms; /* for a connection and for each reply */
	const struct nolist_addr *from; /* the address to connect from; NULL: the kernel chooses */
	/*
	 * Called after EHLO where a real MX offers STARTTLS, and says goodbye there, instead of
	 * QUIT; in several threads. NULL: none.
	 */
	void (*look_tls)(const struct probe_run *run, const struct probe *p, struct smtp *s);
	void *arg; /* for it */
};

#define PROBE_AT_A_TIME 8 /* addresses that are tested together */
#define PROBE_GREETING_MS 13000 /* longer a real MX may wait: many delay their greeting */

/* Both return at the latest after some timeouts, whatever the other side does. */
void probe_route(struct probe_run *run);
void probe_wire(struct probe_run *run);

/*
 * Calls fn(run) in a process of its own in another network namespace: a name of ip-netns(8),
 * or the path of one, such as /proc/PID/ns/net. Its results are in run, whose probes must be
 * of probe_share().
 */
int probe_in_netns(const char *netns, void (*fn)(struct probe_run *run), struct probe_run *run);
/* Moves probes into memory that processes share; for the life of this process. */
int probe_share(struct probe **probes, int n);

/*
 * The same by a command, such as "ssh HOST", that runs this tool on another host, for the
 * addresses of conf, which run is of. -errno: there was no result.
 */
int probe_via(const char *cmd, const struct conf *conf, struct probe_run *run);

/* --- whole tests, as findings: GRADE_REFUSES is what is wrong ------------------------ */

struct probe_options {
	const struct conf *conf; /* its addresses are tested */
	const char *pin_dir;     /* NULL: of another host, whose tables cannot be read */
	const char *netns;       /* where to test from; NULL: from here, or */
	const char *via;         /* the command that leads to where; NULL: none */
	int timeout_ms;
};

/*
 * Over the wire, as a client; with pin_dir also whether the tables have noted it. -EINVAL: the
 * addresses are this host's own.
 */
int probe_outside(struct findings *found, const struct probe_options *o);
/* Here, with made-up frames; the real MX is asked as a client. */
int probe_attached(struct findings *found, const struct probe_options *o);
/* Adds the addresses and ports in force to a configuration that has none. -errno: see kern_open() */
int probe_conf_in_force(struct conf *conf, const char *pin_dir);
/* "192.0.2.1", with the port unless it is 25. */
const char *probe_name(const struct probe *p, char text[ADDR_TEXT + 16]);
/* The finding of one probe. */
void probe_find(struct findings *found, const struct probe *p);

/* --- evidence --------------------------------------------------------------------- */

/* What the tables say of the source of a probe, for its role. */
struct probe_noted {
	uint32_t opens;                 /* contacts with this role */
	uint32_t data;                  /* connections with data to the real MX */
	uint32_t hour[NOLIST_HOURS];    /* as in struct nolist_hour, of these counts: */
	uint32_t tempfailed[NOLIST_HOURS];
	uint32_t quit[NOLIST_HOURS];
	uint64_t opened_ns, data_ns, talked_ns; /* when last; as in the tables */
	unsigned int wanted; /* enum probe_evidence: what the test has to add */
};

struct kern;
/* Reads what is noted of each probe's source, of all instances together. */
int probe_read_noted(const struct kern *k, const struct probe_run *run, struct probe_noted *noted);

enum probe_evidence { PROBE_CONTACT = 1, PROBE_TEMPFAILED = 2, PROBE_QUIT = 4, PROBE_DATA = 8 };
/* What came between two readings: bits of the above. */
unsigned int probe_grown(const struct probe_noted *before, const struct probe_noted *after);
/*
 * The same where nothing could be read before, since the source was not known: what was last at
 * since_ns or later. Of a dialogue it is the hour that has a 4xx and a QUIT.
 */
unsigned int probe_noted_since(uint64_t since_ns, const struct probe_noted *noted);

/* --- made-up frames ----------------------------------------------------------------- */

/*
 * Tests one address with frames that are run through what is attached to an interface, whose
 * link address is mac; fd is of kern_try_open(). -errno, explained by failure_of(): the
 * kernel runs none.
 */
int probe_frames(struct probe *p, int fd, int ifindex, const unsigned char mac[6]);

#endif
