// SPDX-License-Identifier: GPL-2.0-only
/*
 * Converts records of the version before this one to today's: nothing gets lost, and new
 * fields are zero.
 */
#include <string.h>

#include "user/kernel/older.h"

const char *const older_map_names[KERN_MAPS] = {
	[MAP_CONF] = "nolist_conf",       [MAP_KEY] = "nolist_key",
	[MAP_CONTACTS] = "nolist_claims", [MAP_VERIFIED] = "nolist_proofs",
	[MAP_STATS] = "nolist_stats",     [MAP_META] = "nolist_meta",
	[MAP_DOMAINS] = "nolist_domains", [MAP_STAMPS] = "nolist_stamps",
	[MAP_BLOCK] = "nolist_block",     [MAP_SAID] = "nolist_said",
	[MAP_LOW_PASS] = "nolist_low_pass",
	[MAP_TENANTS] = "nolist_tenants", [MAP_TENANTED] = "nolist_tenanted",
};

static struct nolist_contact contact(const struct older_contact *old)
{
	return (struct nolist_contact){ .first_ns = old->first_ns, .last_ns = old->last_ns,
					.opens = old->opens };
}

void older_contacts(const struct older_contacts *old, struct nolist_contacts *c)
{
	*c = (struct nolist_contacts){ .low = contact(&old->low),
				       .real = contact(&old->real),
				       .high = contact(&old->high) };
}

void older_verified(const struct older_verified *old, struct nolist_verified *v)
{
	int i;

	*v = (struct nolist_verified){
		.real_first_ns = old->real_first_ns,
		.real_last_ns = old->real_last_ns,
		.real_data = old->real_data,
		.real_port = old->real_port,
		.high_first_ns = old->high_first_ns,
		.high_last_ns = old->high_last_ns,
		.hours = old->hours,
		.bad_acks = old->bad_acks,
	};
	for (i = 0; i < NOLIST_HOURS; i++) {
		v->hour[i].hour = old->hour[i].hour;
		memcpy(v->hour[i].n, old->hour[i].n, sizeof(old->hour[i].n));
	}
}

void older_stats(const struct older_stats *old, struct nolist_stats *s)
{
	*s = (struct nolist_stats){
		.contacts_new = old->contacts_new,
		.contacts_lost = old->contacts_lost,
		.verified_new = old->verified_new,
		.verified_lost = old->verified_lost,
		.verified_lost_ns = old->verified_lost_ns,
	};
	memcpy(s->verdict, old->verdict, sizeof(old->verdict));
	memcpy(s->contacts_limited, old->contacts_limited, sizeof(s->contacts_limited));
	memcpy(s->bad_acks, old->bad_acks, sizeof(s->bad_acks));
	memcpy(s->real, old->real, sizeof(s->real));
	memcpy(s->budget, old->budget, sizeof(s->budget));
	memcpy(s->mx, old->mx, sizeof(s->mx));
}

void older_config(const struct older_config *old, struct nolist_config *conf)
{
	*conf = (struct nolist_config){
		.magic = old->magic,
		.version = old->version,
		.seed = old->seed,
		.ports = old->ports,
		.until_ns = old->until_ns,
		.partials = old->partials,
		.macs = old->macs,
		.smtp.is_split = old->is_split,
	};
	memcpy(conf->port, old->port, sizeof(conf->port));
	memcpy(conf->partial, old->partial, sizeof(conf->partial));
	memcpy(conf->mac, old->mac, sizeof(conf->mac));
	memcpy(conf->slot, old->slot, sizeof(conf->slot));
	conf->smtp.reply[NOLIST_BANNER] = old->reply[NOLIST_BANNER];
}
