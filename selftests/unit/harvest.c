// SPDX-License-Identifier: GPL-2.0-only
/*
 * A harvest of fifty nodes of as many operators, of which one may lie: bots that each of them saw
 * once, innocents of which some node saw a stray offence, and a rogue that invents offences of these,
 * or data of everybody, or of one address in each network. Why it matters: a list of many authors is
 * worth what the worst of them can do to it.
 */
#include <sys/stat.h>
#include <time.h>

#include "selftests/lib/scratch.h"
#include "selftests/lib/tap.h"
#include "user/judge/judge.h"
#include "user/share/harvest.h"
#include "user/share/operators.h"
#include "user/store/store.h"

#define NODES 50
#define ROGUE (NODES - 1)
#define BOTS 1500   /* each was at some nodes, in hours of their own */
#define VICTIMS 300 /* each has a stray offence at one node, and is no bot */
#define VISITS 4

#define LIMIT 5     /* sources that an operator may add in a day, at least */

enum rogue { HONEST, OFFENCES, ALIBIS, NEIGHBOURS };

static int64_t now;
static bool is_tight;     /* LIMIT holds */
static bool is_acquitted; /* nodes 1 and 2 have seen data of all victims */
static bool is_astray;    /* each victim has a stray offence at another node as well */
static unsigned int alibis = BOTS; /* of so many bots the rogue claims data */
static unsigned int walkers; /* bots that have walked at the last node since they were listed */

static uint32_t bot_of(unsigned int i)
{
	return 11u << 24 | i << 8 | 7;
}

static uint32_t victim_of(unsigned int i)
{
	return 23u << 24 | i << 8 | 9;
}

/* --- what a node has seen ----------------------------------------------------------- */

static struct hour hour[8];
static uint32_t data_hour;

static struct record record_of(uint32_t low)
{
	struct pack_key key = { .low = low };

	return (struct record){ .src = pack_source(&key), .hour = hour, .data_hour = &data_hour };
}

static void add_offence(struct record *r, int64_t hours_ago)
{
	struct hour *h = &hour[r->hours++];

	*h = (struct hour){ .start = now - hours_ago * HOUR_S, .n = { [NOLIST_EVENT_TEMPFAILED] = 1 } };
	r->talk = (struct span){ hour[0].start, h->start };
	r->talk_hours = r->hours;
}

static void add_data(struct record *r, int64_t hours_ago)
{
	data_hour = now - hours_ago * HOUR_S;
	r->low = (struct contact){ { data_hour, data_hour }, 1, {} };
	r->data = (struct span){ data_hour, data_hour };
	r->data_count = r->data_hours = 1;
}

static void add_walks(struct record *r, int64_t from, int64_t to)
{
	add_data(r, from);
	r->data.last = now - to * HOUR_S;
	r->walk = (struct twice){ r->data.first, r->data.last };
	r->walks = 2;
}

/* Does a bot visit this node, and as which of its visits? */
static int visit_of(unsigned int bot, int node)
{
	int i;

	for (i = 0; i < VISITS; i++)
		if ((bot * 7 + i * 12) % ROGUE == (unsigned int)node)
			return i;
	return -1;
}

/* The record of a bot, or a victim, at a node; false: it was never there. */
static bool seen(bool is_bot, unsigned int i, int node, enum rogue rogue, struct record *r)
{
	int visit = is_bot && node < ROGUE ? visit_of(i, node) : -1, k;

	*r = record_of(is_bot ? bot_of(i) : victim_of(i));
	if (visit >= 0)
		add_offence(r, 200 - 20 * visit);
	else if (!is_bot && is_acquitted && (node == 1 || node == 2))
		add_data(r, 100);
	else if (!is_bot && node == (int)(i % ROGUE))
		add_offence(r, 90);
	else if (!is_bot && is_astray && node == (int)((i + 7) % ROGUE))
		add_offence(r, 70);
	else if (is_bot && node == ROGUE && i < walkers)
		add_walks(r, 50, 30);
	else if (node == ROGUE && rogue == OFFENCES && !is_bot)
		for (k = 0; k < 5; k++)
			add_offence(r, 150 - 10 * k);
	else if (node == ROGUE && is_bot && i < alibis && (rogue == ALIBIS || rogue == NEIGHBOURS))
		add_data(r, 180);
	else
		return false;
	if (rogue == NEIGHBOURS && node == ROGUE) {
		struct pack_key key = pack_key(&r->src);

		key.low += 100;
		r->src = pack_source(&key);
	}
	return true;
}

/* --- a push ------------------------------------------------------------------------- */

static void put_blob(struct transport *t, struct share_head *h, struct bytes *b, uint32_t bucket,
		     uint32_t rows)
{
	struct head_blob blob = { .bucket = bucket, .size = b->used, .rows = rows };
	struct key key = { .kind = KEY_BLOB, .node = h->node, .bucket = bucket, .size = b->used };

	if (!rows)
		return;
	digest_of(b->at, b->used, blob.digest);
	key.digest = blob.digest;
	h->blob = reallocarray(h->blob, h->blobs + 1, sizeof(blob));
	h->blob[h->blobs++] = blob;
	if (transport_put(t, &key, b->at, b->used))
		tap_die("put");
	free(b->at);
	*b = (struct bytes){};
}

static void add_rows(struct transport *t, struct share_head *h, bool is_bot, int node, enum rogue rogue)
{
	struct pack_key prev = {}, key;
	struct bytes b = {};
	uint32_t bucket = 0, rows = 0;
	struct record r;
	unsigned int i;

	for (i = 0; i < (is_bot ? BOTS : VICTIMS); i++) {
		if (!seen(is_bot, i, node, rogue, &r))
			continue;
		key = pack_key(&r.src);
		if (rows && bucket_of(&key) != bucket) {
			put_blob(t, h, &b, bucket, rows);
			prev = (struct pack_key){};
			rows = 0;
		}
		bucket = bucket_of(&key);
		row_write(&b, &r, &key, &prev);
		prev = key;
		rows++;
	}
	put_blob(t, h, &b, bucket, rows);
	free(b.at);
}

static void push(struct transport *t, int node, enum rogue rogue)
{
	struct share_head h = { .incarnation = 1, .made = now, .until = now };
	struct key key = { .kind = KEY_HEAD, .node = h.node };
	struct bytes b = {};
	int f;

	snprintf(h.node, sizeof(h.node), "n%d", node);
	for (f = 0; f < 2; f++)
		h.site.family[f] = (struct site_family){ .has_low = true, .has_real = true,
							 .has_high = true, .real_last = now,
							 .data_last = now };
	add_rows(t, &h, true, node, rogue);
	add_rows(t, &h, false, node, rogue);
	share_head_write(&b, &h);
	if (transport_put(t, &key, b.at, b.used))
		tap_die("head");
	free(b.at);
	free(h.blob);
}

/* --- what comes of it ---------------------------------------------------------------- */

struct result {
	unsigned int bots, victims, others; /* that are listed */
	size_t used, unused;
	enum node_state rogue;
};

static void count(struct result *to, const struct judged *of)
{
	uint32_t low = pack_key(&of->r.src).low;

	if (!verdict_is_listed(&of->v, false))
		return;
	to->bots += low >> 24 == 11 && (low & 0xff) == 7;
	to->victims += low >> 24 == 23;
	to->others += low >> 24 != 23 && (low >> 24 != 11 || (low & 0xff) != 7);
}

static struct result judge_by(struct transport *t, struct nodes *nodes, unsigned int leave_out, unsigned int weight)
{
	struct harvest h = { .t = t, .nodes = nodes, .state_dir = scratch_dir, .leave_out = leave_out,
			     .weight = weight };
	struct result result = {};
	struct evidence *own;
	struct judge_options o = { .state_dir = scratch_dir };
	struct judge j;
	struct judged of;
	struct conf conf;
	size_t i;

	conf_init(&conf);
	if (is_tight)
		conf.rules.growth_min = LIMIT;
	o.conf = &conf;
	if (judge_open(&j, &o) || evidence_open_stored(&own, scratch_dir))
		tap_die("judge");
	j.now = now;
	h.j = &j;
	if (judge_take_own(&j, own) || harvest_fetch(&h) || judge_take_given(&j, &h.given))
		tap_die("harvest");
	judge_start(&j, EVIDENCE_VERIFIED);
	while (judge_next(&j, &of))
		count(&result, &of);
	if (judge_end(&j))
		tap_die("walk");
	result.used = h.used;
	result.unused = h.unused;
	for (i = 0; i < h.reports; i++)
		if (!strcmp(h.report[i].node->name, "n49"))
			result.rogue = h.report[i].state;
	harvest_free(&h);
	judge_close(&j);
	conf_free(&conf);
	return result;
}

static struct result judge(struct transport *t, struct nodes *nodes, unsigned int leave_out)
{
	return judge_by(t, nodes, leave_out, 0);
}

static void read_nodes(struct nodes *nodes, const char *rogue, const char *more)
{
	char file[160];
	FILE *f;
	int i;

	snprintf(file, sizeof(file), "%s/nodes", scratch_dir);
	f = fopen(file, "w");
	for (i = 0; i < ROGUE; i++)
		fprintf(f, "n%d op%d\n", i, i);
	fprintf(f, "%sn%d rogue\n%s", rogue, ROGUE, more);
	fclose(f);
	if (nodes_read(nodes, file))
		tap_die("nodes");
}

static void tell(const struct result *r)
{
	tap_diag("%u bots, %u victims, %u others; %zu nodes, %zu not used, the rogue is %d", r->bots,
		 r->victims, r->others, r->used, r->unused, r->rogue);
}

static void test_rogues(struct transport *t, struct nodes *nodes)
{
	struct result r = judge(t, nodes, 1);

	if (!tap_ok(r.bots == BOTS && !r.victims && !r.others && r.used == NODES,
		    "bots that came once to each of some nodes are listed, nobody else is"))
		tell(&r);
	push(t, ROGUE, OFFENCES);
	r = judge(t, nodes, 1);
	if (!tap_ok(r.bots == BOTS && !r.victims, "invented offences list no innocent, with a stray one each"))
		tell(&r);
	r = judge(t, nodes, 0);
	if (!tap_ok(r.victims == VICTIMS, "where nobody lies they would"))
		tell(&r);
	push(t, ROGUE, ALIBIS);
	r = judge(t, nodes, 1);
	if (!tap_ok(r.bots == BOTS && !r.others && r.rogue == NODE_MUTED && r.used == ROGUE && !r.unused,
		    "an operator that has seen data of all bots is muted, and holds nobody"))
		tell(&r);
	r = judge_by(t, nodes, 0, 100);
	tap_ok(!r.bots && r.rogue == NODE_USED, "where nobody lies its word holds, also if operators are counted");
	alibis = 101;
	push(t, ROGUE, ALIBIS);
	r = judge(t, nodes, 1);
	tap_ok(r.bots == BOTS && r.rogue == NODE_MUTED, "so is one that has of a few more than it may");
	alibis = 100;
	push(t, ROGUE, ALIBIS);
	r = judge(t, nodes, 1);
	tap_ok(r.bots == BOTS - 100 && r.rogue == NODE_USED, "not one that has of so many");
	alibis = BOTS;
	push(t, ROGUE, NEIGHBOURS);
	r = judge(t, nodes, 1);
	if (!tap_ok(r.bots == BOTS && !r.others && r.rogue == NODE_MUTED, "so is one with data of a neighbour each"))
		tell(&r);
	r = judge(t, nodes, 0);
	if (!tap_ok(!r.bots && r.rogue == NODE_USED, "within one house its word would hold"))
		tell(&r);
}

/* An operator that is held lists nobody new, and takes nobody off. */
static void test_limits(struct transport *t, struct nodes *nodes)
{
	struct operator *first = &nodes->operator[0], *rogue = &nodes->operator[ROGUE];
	struct result r;

	push(t, ROGUE, HONEST);
	is_tight = true;
	r = judge(t, nodes, 2);
	if (!tap_ok(r.bots == BOTS && first->seen > 100 && first->listed > 100 && !first->acquitted &&
		    !first->is_growing, "what each operator has seen offend is counted, and is no growth at first"))
		tell(&r);
	first->base = first->seen - 100;
	r = judge(t, nodes, 2);
	if (!tap_ok(r.bots < BOTS && r.bots > BOTS / 2 && first->is_growing && !first[1].is_growing && r.used == NODES,
		    "one that has too many more than a day ago is held, and no other one"))
		tell(&r);
	first->base_at = now - DAY_S;
	r = judge(t, nodes, 2);
	tap_ok(r.bots < BOTS && first->base < first->seen && first->base >= first->seen - 100 + LIMIT,
	       "also on the next day, which lets it have a day's more");
	is_tight = false;
	r = judge(t, nodes, 2);
	tap_ok(r.bots == BOTS && !first->is_growing, "within its limit it counts again");

	is_acquitted = true;
	push(t, 1, HONEST);
	push(t, 2, HONEST);
	push(t, ROGUE, OFFENCES);
	r = judge(t, nodes, 1);
	if (!tap_ok(r.bots == BOTS && !r.victims && rogue->is_doubted && rogue->seen == VICTIMS &&
		    rogue->acquitted == VICTIMS && !rogue->listed && !first->is_doubted,
		    "one of whose sources two others acquit too many is held"))
		tell(&r);
	r = judge(t, nodes, 2);
	tap_ok(!rogue->is_doubted && !rogue->acquitted, "not where as many may lie as acquit them");
	rogue->base = VICTIMS;
	rogue->base_at = now - 2 * DAY_S;
	nodes->node[ROGUE].is_muted = true;
	r = judge(t, nodes, 1);
	tap_ok(r.rogue == NODE_MUTED && !rogue->seen && rogue->base == VICTIMS,
	       "while a node of it is left out, what it grows from stays");
	nodes->node[ROGUE].is_muted = false;
	is_acquitted = false;
	push(t, 1, HONEST);
	push(t, 2, HONEST);
}

/* Nobody is decisive for more than a part of the list. */
static void test_weight(struct transport *t, struct nodes *nodes)
{
	struct operator *first = &nodes->operator[0], *rogue = &nodes->operator[ROGUE];
	struct result r;
	int i;

	is_astray = true;
	for (i = 0; i < ROGUE; i++)
		push(t, i, HONEST);
	push(t, ROGUE, OFFENCES);
	r = judge(t, nodes, 1);
	if (!tap_ok(r.bots == BOTS && r.victims == VICTIMS && !rogue->decisive,
		    "with two stray offences each at others, invented ones do list"))
		tell(&r);
	r = judge_by(t, nodes, 1, 100);
	if (!tap_ok(r.victims == VICTIMS && rogue->decisive == VICTIMS && !rogue->is_heavy && first->decisive > 5 &&
		    first->decisive < 20 && !*operator_reason(rogue), "for whom each is decisive is counted where that is asked for"))
		tell(&r);
	r = judge_by(t, nodes, 1, 17);
	tap_ok(r.victims == VICTIMS && !rogue->is_heavy, "300 of 1800 are no more than 17 percent");
	r = judge_by(t, nodes, 1, 16);
	if (!tap_ok(r.bots == BOTS && !r.victims && rogue->is_heavy && !first->is_heavy && r.used == NODES &&
		    *operator_reason(rogue), "but more than 16 percent: then it lists nobody new, and others do"))
		tell(&r);
	is_astray = false;
	for (i = 0; i < ROGUE; i++)
		push(t, i, HONEST);
	r = judge_by(t, nodes, 0, 16);
	if (!tap_ok(r.bots == BOTS && !r.victims && rogue->is_heavy && rogue->decisive == VICTIMS && !first->decisive,
		    "also where nobody lies"))
		tell(&r);
}

static void note(bool is_lift, uint32_t low)
{
	struct pack_key key = { .low = low };
	struct nolist_source src = pack_source(&key);
	struct prefix p = source_prefix(&src);
	struct store *s;
	int error = store_open(&s, scratch_dir, STORE_NOTE);

	if (!error)
		error = store_begin(s);
	if (!error && is_lift)
		error = store_lift(s, &(struct store_lift){ key, now - HOUR_S });
	else if (!error)
		error = store_pardon(s, &p, now, now + DAY_S);
	if (error || store_commit(s))
		tap_die("note");
	store_close(s);
}

/* What ended a listing before its time counts against whoever has seen the source offend. */
static void test_freed(struct transport *t, struct nodes *nodes)
{
	struct operator *first = &nodes->operator[0];
	size_t seen, i, all = 0;
	struct result r;

	push(t, ROGUE, HONEST);
	r = judge(t, nodes, 1);
	seen = first->seen;
	tap_ok(r.bots == BOTS && !first->freed && operator_precision(first) == 100, "nobody was freed");
	walkers = 40;
	push(t, ROGUE, HONEST);
	r = judge(t, nodes, 1);
	for (i = 0; i < nodes->operators; i++)
		all += nodes->operator[i].freed;
	if (!tap_ok(r.bots == BOTS - 40 && all == 40 * VISITS && first->seen == seen && first->freed > 1 &&
		    !first->acquitted && operator_precision(first) < 100 && !*operator_reason(first),
		    "bots that walked since they were listed are counted of all that saw them, and hold nobody"))
		tell(&r);
	note(true, bot_of(41));
	note(false, bot_of(42));
	r = judge(t, nodes, 1);
	for (i = all = 0; i < nodes->operators; i++)
		all += nodes->operator[i].freed;
	if (!tap_ok(r.bots == BOTS - 42 && all == 42 * VISITS, "so is one that has lifted its listing, and one that is pardoned"))
		tell(&r);
	tap_ok(operator_precision(&(struct operator){ .seen = 200, .acquitted = 20, .freed = 30 }) == 75, "both tell of its precision");
	walkers = 0;
}

static void test_file(struct transport *t)
{
	struct nodes nodes;
	struct result r;

	read_nodes(&nodes, "!", "");
	r = judge(t, &nodes, 0);
	if (!tap_ok(r.bots == BOTS && r.rogue == NODE_MUTED && !r.unused, "a node that the file mutes has no say"))
		tell(&r);
	nodes_free(&nodes);
	read_nodes(&nodes, "", "n50 op50\n");
	push(t, ROGUE, HONEST);
	r = judge(t, &nodes, 1);
	if (!tap_ok(!r.bots && !r.victims && r.unused == 1, "a node that is missing holds all that is new"))
		tell(&r);
	nodes_free(&nodes);
}

int main(void)
{
	struct transport_options o = {};
	struct transport *t;
	struct nodes nodes;
	int i;

	now = time(NULL);
	scratch_begin();
	scratch_fresh("share");
	mkdir(scratch_dir, 0755);
	o.where = scratch_dir;
	if (transport_open(&t, &o))
		tap_die("transport");
	for (i = 0; i < NODES; i++)
		push(t, i, HONEST);
	read_nodes(&nodes, "", "");
	test_rogues(t, &nodes);
	test_limits(t, &nodes);
	test_weight(t, &nodes);
	test_file(t);
	test_freed(t, &nodes);
	nodes_free(&nodes);
	transport_close(t);
	return scratch_end();
}
