// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keys of the order gate, and what the program reads of them: times in the short units that
 * it counts in, and whether a family has a low fake, without which nobody could open it.
 */
#include <errno.h>
#include <string.h>

#include "user/base/text.h"
#include "user/config/keys_gate.h"
#include "user/config/values.h"

#define LOW_UNIT HOUR_S
#define WINDOW_UNIT (HOUR_S / 4)
#define UNITS_MAX 255 /* of either, in a byte */

void conf_init_gate(struct conf *conf)
{
	conf->gate_low_s = 7 * DAY_S;
	conf->gate_window_s = 6 * HOUR_S;
}

int conf_set_gate(struct conf *conf, const char *value, const char *where)
{
	if (strcmp(value, "off"))
		return value_set_time(conf, value, where, 1, NOLIST_GATE_SECONDS, &conf->gate_s);
	conf->gate_s = 0;
	return 0;
}

int conf_set_gate_by(struct conf *conf, const char *value, const char *where)
{
	static const struct {
		const char *name;
		unsigned char flag;
	} by[] = { { "network", 0 },
		   { "source", NOLIST_GATE_SOURCE },
		   { "connection", NOLIST_GATE_CONNECTION } };
	size_t i;

	for (i = 0; i < sizeof(by) / sizeof(*by); i++)
		if (!strcmp(value, by[i].name)) {
			conf->gate_by = by[i].flag;
			return 0;
		}
	conf_note(conf, true, "%s: '%s' is not network, source or connection", where, value);
	return -EINVAL;
}

int conf_set_gate_low(struct conf *conf, const char *value, const char *where)
{
	return value_set_time(conf, value, where, HOUR_S, 10 * DAY_S, &conf->gate_low_s);
}

int conf_set_gate_window(struct conf *conf, const char *value, const char *where)
{
	return value_set_time(conf, value, where, WINDOW_UNIT, 2 * DAY_S, &conf->gate_window_s);
}

/* The families, as bits 1 and 2, in which an address has this role. */
static unsigned int families(const struct conf *conf, enum nolist_role role)
{
	unsigned int bits = 0;
	int i;

	for (i = 0; i < conf->mxs; i++)
		if (conf->mx[i].role == role)
			bits |= addr_is_ip4(&conf->mx[i].addr) ? 1 : 2;
	return bits;
}

void conf_check_gate(struct conf *conf)
{
	unsigned int open = families(conf, NOLIST_REAL) & ~families(conf, NOLIST_LOW);
	static const char *const family[] = { "IPv4", "IPv6" };
	int f;

	for (f = 0; f < 2 && conf->gate_s; f++)
		if (open & (1 << f))
			conf_note(conf, false,
				  "no low fake over %s: the gate is open there, since no sender "
				  "can visit one first", family[f]);
}

const char *conf_waits_at(const struct conf *conf)
{
	if (conf->gate_s)
		return conf->policy == POLICY_DEFER ? "at the gate, and at the policy service" : "at the gate";
	return conf->policy == POLICY_DEFER ? "at the policy service" : NULL;
}

/* Rounded up, and at most as much as there is room for. */
static unsigned char units(unsigned int seconds, unsigned int unit)
{
	unsigned int n = (seconds + unit - 1) / unit;

	return n < UNITS_MAX ? n : UNITS_MAX;
}

void conf_fill_gate(const struct conf *conf, struct nolist_config *out)
{
	unsigned int low = families(conf, NOLIST_LOW);

	if (conf->gate_s || conf->is_stamped)
		out->gate.flags |= NOLIST_GATE_STAMPS;
	if (!conf->gate_s)
		return;
	out->defends |= NOLIST_DEFEND_GATE;
	out->gate.seconds = conf->gate_s;
	out->gate.low = units(conf->gate_low_s, LOW_UNIT);
	out->gate.window = units(conf->gate_window_s, WINDOW_UNIT);
	out->gate.flags |= conf->gate_by | (low & 1 ? NOLIST_GATE_IP4 : 0) |
			   (low & 2 ? NOLIST_GATE_IP6 : 0);
}
