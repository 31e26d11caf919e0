// SPDX-License-Identifier: GPL-2.0-only
/*
 * The policy service's decision, a row for each step and each doubt, and the requests it is made
 * for: in pieces of any size, with values of any length. Why it matters: what it defers waits, and
 * what it reads others choose.
 */
#include "selftests/lib/tap.h"
#include "user/policy/decide.h"
#include "user/policy/request.h"

#define NOW 1800000000ll
#define WAIT 60
static const struct policy_rules rules = { .wait_s = WAIT, .slow_wait_s = 2 * WAIT, .window_s = 7 * DAY_S,
					   .data_window_s = 30 * DAY_S };

/* A stranger on a day without trouble; each row changes some of it. */
#define STRANGER .good_until = NOW + 1, .has_low = true

static const struct {
	const char *name;
	struct policy_facts f;
	enum policy_step step;
} rows[] = {
	{ "a stranger is deferred", { STRANGER }, POLICY_NEW },
	{ "one that is exempt", { STRANGER, .is_exempt = true, .listed_until = NOW + 9 }, POLICY_EXEMPT },
	{ "old data: pass, even if listed", { .good_until = NOW, .has_low = true, .listed_until = NOW + 9 }, POLICY_OLD },
	{ "no data at all: pass", {}, POLICY_OLD },
	{ "stress", { STRANGER, .is_stressed = true, .listed_until = NOW + 9 }, POLICY_STRESS },
	{ "too much of it, though it walked", { STRANGER, .is_throttled = true, .low_last = NOW }, POLICY_THROTTLED },
	{ "but not of one that is exempt", { STRANGER, .is_throttled = true, .is_exempt = true }, POLICY_EXEMPT },
	{ "listed, though it walked and was verified",
	  { STRANGER, .listed_until = NOW + 1, .low_last = NOW, .data_first = 1, .data_last = NOW, .alibi_last = NOW },
	  POLICY_LISTED },
	{ "no longer listed", { STRANGER, .listed_until = NOW }, POLICY_NEW },
	{ "listed where there is no low fake",
	  { .good_until = NOW + 1, .listed_until = NOW + 1 }, POLICY_LISTED },
	{ "data of its own before", { STRANGER, .data_first = NOW - WAIT, .data_last = NOW - 1 }, POLICY_VERIFIED },
	{ "data of this very try", { STRANGER, .data_first = NOW - WAIT + 1, .data_last = NOW }, POLICY_NEW },
	{ "data too long ago",
	  { STRANGER, .data_first = 1, .data_last = NOW - 30 * DAY_S - 1 }, POLICY_NEW },
	{ "its network is verified", { STRANGER, .alibi_last = NOW - 30 * DAY_S }, POLICY_VERIFIED },
	{ "its network was, too long ago", { STRANGER, .alibi_last = NOW - 30 * DAY_S - 1 }, POLICY_NEW },
	{ "it has walked just now", { STRANGER, .low_last = NOW }, POLICY_WALKED },
	{ "the clock was set back", { STRANGER, .low_last = NOW + 100 }, POLICY_WALKED },
	{ "it has walked a week ago", { STRANGER, .low_last = NOW - 7 * DAY_S }, POLICY_WALKED },
	{ "and longer ago", { STRANGER, .low_last = NOW - 7 * DAY_S - 1 }, POLICY_NEW },
	{ "its first SYN was held", { STRANGER, .gated_last = NOW - 5 }, POLICY_GATED },
	{ "no low fake in its family", { .good_until = NOW + 1 }, POLICY_NO_LOW },
	{ "nobody sees the low fake live", { STRANGER, .is_blind = true }, POLICY_BLIND },
	{ "but what is listed is", { STRANGER, .is_blind = true, .listed_until = NOW + 1 }, POLICY_LISTED },
	{ "contacts were rate-limited", { STRANGER, .limited_last = NOW - DAY_S }, POLICY_LIMITED },
	{ "longer ago", { STRANGER, .limited_last = NOW - DAY_S - 1 }, POLICY_NEW },
	{ "learning", { STRANGER, .learning_until = NOW + 1 }, POLICY_LEARNING },
	{ "learning has ended", { STRANGER, .learning_until = NOW }, POLICY_NEW },
	{ "it came back after the wait", { STRANGER, .deferred_first = NOW - WAIT }, POLICY_RETURNED },
	{ "it came back too early", { STRANGER, .deferred_first = NOW - WAIT + 1 }, POLICY_NEW },
	{ "of an origin that waits longer: too early",
	  { STRANGER, .is_slow = true, .deferred_first = NOW - 2 * WAIT + 1 }, POLICY_NEW },
	{ "and after that wait", { STRANGER, .is_slow = true, .deferred_first = NOW - 2 * WAIT }, POLICY_RETURNED },
	{ "its own data do not shorten it",
	  { STRANGER, .is_slow = true, .data_first = NOW - 2 * WAIT + 1, .data_last = NOW }, POLICY_NEW },
	{ "walked: it waits for nothing", { STRANGER, .is_slow = true, .low_last = NOW }, POLICY_WALKED },
	{ "35 days later", { STRANGER, .deferred_first = NOW - 35 * DAY_S }, POLICY_RETURNED },
	{ "after that it is a stranger", { STRANGER, .deferred_first = NOW - 35 * DAY_S - 1 }, POLICY_NEW },
};

static void test_decisions(void)
{
	struct policy_facts f = { .is_postmaster = true };
	enum policy_step step;
	size_t i;
	int wrong = 0;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		step = policy_decide(&rows[i].f, &rules, NOW);
		if (!tap_ok(step == rows[i].step, "%s: %s", rows[i].name, policy_step_names[rows[i].step]))
			tap_diag("got %s", policy_step_names[step]);
	}
	for (step = 0; step < POLICY_STEPS; step++)
		wrong += policy_defers(step, &rows[0].f) != (step == POLICY_THROTTLED || step == POLICY_LISTED || step == POLICY_NEW) ||
			 policy_defers(step, &f);
	tap_ok(!wrong, "only who is listed, new, or too much is deferred, and nobody from postmaster");
}

#define HEAD "request=smtpd_access_policy\nprotocol_state=RCPT\n"
#define FROM "client_address=203.0.113.7\n"

static const struct {
	const char *name, *text;
	const char *wanted; /* as told() prints it; NULL: it is no request */
} requests[] = {
	{ "a plain one", HEAD FROM "\n", "203.0.113.7 rcpt" },
	{ "IPv6", HEAD "client_address=2001:db8::7\n\n", "2001:db8::7 rcpt" },
	{ "in another order, with an unknown name", FROM "news=1\nprotocol_state=MAIL\nrequest=smtpd_access_policy\n\n", "203.0.113.7" },
	{ "empty values", HEAD FROM "sasl_username=\nstress=\ninstance=\nrecipient=\n\n", "203.0.113.7 rcpt" },
	{ "with a user", HEAD FROM "sasl_username=a\n\n", "203.0.113.7 rcpt user" },
	{ "under stress", HEAD FROM "stress=yes\n\n", "203.0.113.7 rcpt stress" },
	{ "at the end", FROM "request=smtpd_access_policy\nprotocol_state=END-OF-MESSAGE\n\n", "203.0.113.7 rcpt end" },
	{ "postmaster", HEAD FROM "recipient=PostMaster@example.com\n\n", "203.0.113.7 rcpt postmaster" },
	{ "abuse without a domain", HEAD FROM "recipient=abuse\n\n", "203.0.113.7 rcpt postmaster" },
	{ "not quite postmaster", HEAD FROM "recipient=postmaster1@example.com\n\n", "203.0.113.7 rcpt" },
	{ "nor abuse", HEAD FROM "recipient=a@abuse\n\n", "203.0.113.7 rcpt" },
	{ "a value with '='", HEAD FROM "sender==a=b=\n\n", "203.0.113.7 rcpt" },
	{ "no address", HEAD "client_address=unknown\n\n", "- rcpt" },
	{ "no client", HEAD "\n", "- rcpt" },
	{ "another kind of request", FROM "request=junk\n\n", NULL },
	{ "no kind of request", FROM "\n", NULL },
	{ "an empty line alone", "\n", NULL },
	{ "a line without '='", HEAD "GET / HTTP/1.1\n\n", NULL },
	{ "a line without a name", HEAD "=x\n\n", NULL },
	{ "CR LF", "request=smtpd_access_policy\r\n\r\n", NULL },
};

/* What was read of a request. */
static const char *told(const struct request *r, char text[128])
{
	char addr[ADDR_TEXT] = "-";

	if (r->has_client)
		addr_text(&r->client, addr);
	snprintf(text, 128, "%s%s%s%s%s%s", addr, r->is_at_rcpt ? " rcpt" : "", r->is_end ? " end" : "",
		 r->is_authenticated ? " user" : "", r->is_stressed ? " stress" : "",
		 r->is_postmaster ? " postmaster" : "");
	return text;
}

/* Reads it in pieces of so many bytes; *taken: how many it had. */
static enum request_state read_by(struct request *r, const char *text, size_t size, size_t piece, size_t *taken)
{
	enum request_state is = REQUEST_MORE;
	size_t n;

	*r = (struct request){};
	for (*taken = 0; is == REQUEST_MORE && *taken < size; *taken += n) {
		n = size - *taken < piece ? size - *taken : piece;
		is = request_read(r, text + *taken, n, &n);
	}
	return is;
}

static void test_request(size_t i)
{
	const char *text = requests[i].text, *wanted = requests[i].wanted;
	size_t piece, taken, wrong = 0, size = strlen(text);
	enum request_state is = REQUEST_MORE;
	struct request r;
	char line[128];

	for (piece = 1; piece <= size; piece++) {
		is = read_by(&r, text, size, piece, &taken);
		wrong += wanted ? is != REQUEST_DONE || taken != size || strcmp(told(&r, line), wanted)
				: is != REQUEST_BAD;
	}
	if (!tap_ok(!wrong, "%s: %s, in pieces of any size", requests[i].name, wanted ? wanted : "refused"))
		tap_diag("got %d, '%s'", is, told(&r, line));
}

static void test_bounds(void)
{
	static char text[REQUEST_MAX + 100000];
	const char *two = HEAD FROM "instance=a\n\n" HEAD "client_address=203.0.113.8\ninstance=b\n\n";
	enum request_state is;
	uint64_t instance;
	struct request r;
	size_t at, taken;

	at = sprintf(text, "%ssender=", HEAD);
	memset(text + at, 'x', 100000);
	strcpy(text + at + 100000, "\n" FROM "\n");
	is = read_by(&r, text, strlen(text), 4096, &taken);
	tap_ok(is == REQUEST_DONE && r.has_client, "a line of 100 kB is passed over, and what follows is read");
	at = sprintf(text, "%sclient_address=203.0.113.7", HEAD);
	memset(text + at, ' ', 1000);
	strcpy(text + at + 1000, "\n\n");
	is = read_by(&r, text, strlen(text), 100, &taken);
	tap_ok(is == REQUEST_DONE && !r.has_client, "an address is not cut out of a longer value");
	memset(text, 'x', sizeof(text));
	is = read_by(&r, text, sizeof(text), 4096, &taken);
	tap_ok(is == REQUEST_BAD && taken <= REQUEST_MAX + 4096, "a request without an end is left");
	memcpy(text, HEAD "a\0=b\n\n", sizeof(HEAD "a\0=b\n\n"));
	tap_ok(read_by(&r, text, sizeof(HEAD "a\0=b\n\n") - 1, 9, &taken) == REQUEST_BAD, "a zero byte is refused");

	is = read_by(&r, two, strlen(two), 1000, &taken);
	instance = r.instance;
	request_start(&r);
	at = taken;
	tap_ok(is == REQUEST_DONE && request_read(&r, two + at, strlen(two) - at, &taken) == REQUEST_DONE &&
		       at + taken == strlen(two) && instance && r.instance && instance != r.instance &&
		       r.client.b[15] == 8,
	       "two requests in one piece are two");
}

static const struct {
	const char *helo, *name;
	bool is_odd, is_nameless, is_dynamic;
} clients[] = {
	{ "mx.example.com", "mx.example.com", 0, 0, 0 },
	{ "localhost", "unknown", 1, 1, 0 },
	{ "[203.0.113.7]", "dsl-66.example.edu", 1, 0, 1 },
	{ "203.0.113.7", "h-203-0-113-7.example", 1, 0, 1 },
	{ "mail1.example.com", "mail-12-3.example.com", 0, 0, 0 },
};

static void test_names(void)
{
	char text[300];
	size_t i, taken;

	for (i = 0; i < sizeof(clients) / sizeof(*clients); i++) {
		struct request r = {};
		int size = sprintf(text, HEAD FROM "helo_name=%s\nreverse_client_name=%s\nclient_port=4711\n\n",
				   clients[i].helo, clients[i].name);

		tap_ok(request_read(&r, text, size, &taken) == REQUEST_DONE &&
			       r.is_helo_odd == clients[i].is_odd && r.is_nameless == clients[i].is_nameless &&
			       r.is_dynamic == clients[i].is_dynamic && r.port == 4711,
		       "helo %s, name %s", clients[i].helo, clients[i].name);
	}
}

int main(void)
{
	test_names();
	size_t i;

	test_decisions();
	for (i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		test_request(i);
	test_bounds();
	return tap_done();
}
