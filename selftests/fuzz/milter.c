// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a mail server sends to the policy service as to a milter: packets in pieces of any size are read
 * as in one piece, and each reply is a packet of its size. The first byte says how many bytes a piece has.
 */
#include <arpa/inet.h>
#include <string.h>

#include "selftests/fuzz/fuzz.h"
#include "user/policy/milter.h"

struct seen {
	size_t packets, asked, replied; /* bytes of replies */
	bool is_bad;
	struct nolist_addr client; /* of the last question */
	bool is_authenticated, is_postmaster;
};

static void check_reply(const struct milter_reply *reply)
{
	size_t at = 0;
	uint32_t n;

	for (; at < reply->size; at += sizeof(n) + ntohl(n)) {
		HOLDS(reply->size - at > sizeof(n));
		memcpy(&n, reply->bytes + at, sizeof(n));
		HOLDS(ntohl(n) >= 1 && ntohl(n) <= reply->size - at - sizeof(n));
		HOLDS(memchr("Ociy", reply->bytes[at + sizeof(n)], 4));
	}
	HOLDS(at == reply->size && at <= sizeof(reply->bytes));
}

static void ask(struct milter *m, struct seen *s, struct milter_reply *reply)
{
	static const char *const answers[] = { "action=DUNNO\n\n", "action=WARN x\n\n", "action=DEFER_IF_PERMIT later\n\n",
					       "action=PREPEND X-Nolist: mx; new; score=2.0\n\n" };

	s->client = m->request.client;
	s->is_authenticated = m->request.is_authenticated;
	s->is_postmaster = m->request.is_postmaster;
	milter_answer(m, answers[s->asked++ % 4], reply);
}

static struct seen read_all(const char *bytes, size_t size, size_t step)
{
	static struct milter m;
	struct milter_reply reply;
	enum milter_state is;
	struct seen s = {};
	size_t left, taken = 0;

	m = (struct milter){};
	for (; size && !s.is_bad; size -= taken, bytes += taken) {
		left = size < step ? size : step;
		is = milter_read(&m, bytes, left, &taken, &reply);
		HOLDS(is == MILTER_BAD || (taken && taken <= left));
		if (is == MILTER_ASK)
			ask(&m, &s, &reply);
		check_reply(&reply);
		s.packets += is == MILTER_DONE || is == MILTER_ASK;
		s.replied += reply.size;
		s.is_bad = is == MILTER_BAD;
	}
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole, pieces;

	if (!size)
		return 0;
	whole = read_all((const char *)data + 1, size - 1, size);
	pieces = read_all((const char *)data + 1, size - 1, 1 + data[0] % 9);
	HOLDS(!memcmp(&whole, &pieces, sizeof(whole)));
	return 0;
}
