// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both sides of the ABI see the same bytes: each struct of abi.h as this
 * compiler lays it out, against the BTF that clang wrote, member by member, and
 * the maps' keys, values and names. A mismatch would not fail anywhere else: it
 * would read one field as another.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stddef.h>
#include "bpf/abi.h"
#include "selftests/lib/tap.h"

struct member {
	const char *type;
	const char *name; /* NULL: the whole struct */
	size_t at, size;
};

#define T(s) { #s, NULL, 0, sizeof(struct s) }
#define M(s, m) { #s, #m, offsetof(struct s, m), sizeof(((struct s *)0)->m) }

/* clang-format off */
static const struct member layout[] = {
	T(nolist_addr), M(nolist_addr, b), M(nolist_addr, w), M(nolist_addr, q),
	T(nolist_slot), M(nolist_slot, addr), M(nolist_slot, role), M(nolist_slot, mx),
	T(nolist_config), M(nolist_config, magic), M(nolist_config, version), M(nolist_config, until_ns),
	M(nolist_config, seed), M(nolist_config, ports), M(nolist_config, port),
	M(nolist_config, partials), M(nolist_config, macs), M(nolist_config, answers),
	M(nolist_config, domains), M(nolist_config, gate),
	M(nolist_config, domain_mask), M(nolist_config, domain_below), M(nolist_config, domain_count),
	M(nolist_config, domain_key), M(nolist_config, is_silent),
	M(nolist_config, defends),
	M(nolist_config, test),
	M(nolist_config, partial), M(nolist_config, mac),
	M(nolist_config, slot), M(nolist_config, smtp),
	T(nolist_gate), M(nolist_gate, seconds), M(nolist_gate, low), M(nolist_gate, window),
	M(nolist_gate, flags),
	T(nolist_reply), M(nolist_reply, len), M(nolist_reply, sum), M(nolist_reply, does),
	M(nolist_reply, pad), M(nolist_reply, text),
	T(nolist_smtp), M(nolist_smtp, is_split), M(nolist_smtp, tarpit_lines), M(nolist_smtp, reply),
	T(nolist_key), M(nolist_key, k),
	T(nolist_source), M(nolist_source, addr),
	T(nolist_contact), M(nolist_contact, first_ns), M(nolist_contact, last_ns),
	M(nolist_contact, opens), M(nolist_contact, reserved),
	T(nolist_contacts), M(nolist_contacts, low), M(nolist_contacts, real), M(nolist_contacts, high),
	M(nolist_contacts, reserved),
	T(nolist_hour), M(nolist_hour, hour), M(nolist_hour, n),
	T(nolist_twice), M(nolist_twice, prev_ns), M(nolist_twice, last_ns),
	T(nolist_verified), M(nolist_verified, real_first_ns), M(nolist_verified, real_last_ns),
	M(nolist_verified, real_data), M(nolist_verified, real_port), M(nolist_verified, reserved_data),
	M(nolist_verified, high_first_ns), M(nolist_verified, high_last_ns), M(nolist_verified, hours),
	M(nolist_verified, bad_acks), M(nolist_verified, walk), M(nolist_verified, visit),
	M(nolist_verified, walks), M(nolist_verified, reserved_walks), M(nolist_verified, reserved), M(nolist_verified, hour),
	T(nolist_stats), M(nolist_stats, verdict), M(nolist_stats, contacts_new),
	M(nolist_stats, contacts_lost), M(nolist_stats, contacts_limited), M(nolist_stats, verified_new),
	M(nolist_stats, verified_lost), M(nolist_stats, verified_lost_ns), M(nolist_stats, elsewhere),
	M(nolist_stats, gate), M(nolist_stats, lenient), M(nolist_stats, reserved),
	M(nolist_stats, bad_acks),
	M(nolist_stats, real), M(nolist_stats, budget), M(nolist_stats, mx),
	T(nolist_bad_acks), M(nolist_bad_acks, hour), M(nolist_bad_acks, count),
	T(nolist_real), M(nolist_real, hour), M(nolist_real, opens), M(nolist_real, data),
	T(nolist_budget), M(nolist_budget, second), M(nolist_budget, touched),
	M(nolist_budget, added), M(nolist_budget, known),
	T(nolist_mxstats), M(nolist_mxstats, segments), M(nolist_mxstats, opens),
	T(nolist_meta), M(nolist_meta, magic), M(nolist_meta, version),
	M(nolist_meta, generation), M(nolist_meta, created_ns), M(nolist_meta, change),
	M(nolist_meta, seen_ns), M(nolist_meta, suspended_ns), M(nolist_meta, ifs),
	M(nolist_meta, reserved_ifs), M(nolist_meta, detached),
	M(nolist_meta, learning_ns), M(nolist_meta, utc_ns), M(nolist_meta, reserved),
	T(nolist_tenanted), M(nolist_tenanted, tempfailed), M(nolist_tenanted, elsewhere),
	M(nolist_tenanted, quit), M(nolist_tenanted, reserved),
	T(nolist_change), M(nolist_change, mx), M(nolist_change, at_ns),
	T(nolist_stamps), M(nolist_stamps, cell), M(nolist_stamps, head),
	T(nolist_stamps_head), M(nolist_stamps_head, factor), M(nolist_stamps_head, since_ns),
	M(nolist_stamps_head, reserved),
	T(nolist_domain_line), M(nolist_domain_line, entry),
	T(nolist_object), M(nolist_object, magic), M(nolist_object, version),
};
/* clang-format on */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct bpf_object *object;
static struct btf *layout_btf; /* of abi_layout.bpf.o */

/* The named struct's BTF id in the object, or in abi_layout where the object has none. */
static const struct btf_type *find_struct(const char *name, const struct btf **btf)
{
	int id;

	*btf = bpf_object__btf(object);
	id = btf__find_by_name_kind(*btf, name, BTF_KIND_STRUCT);
	if (id < 0) {
		*btf = layout_btf;
		id = btf__find_by_name_kind(*btf, name, BTF_KIND_STRUCT);
	}
	return id < 0 ? NULL : btf__type_by_id(*btf, id);
}

/* Finds a member, also in unnamed unions; counts all named ones on the way. */
static unsigned int find_member(const struct btf *btf, const struct btf_type *t, const char *name,
				size_t base, struct member *found)
{
	const struct btf_member *m = btf_members(t);
	unsigned int count = 0, i;

	for (i = 0; i < btf_vlen(t); i++) {
		const char *is = btf__name_by_offset(btf, m[i].name_off);
		size_t at = base + btf_member_bit_offset(t, i) / 8;

		if (!*is) {
			count += find_member(btf, btf__type_by_id(btf, m[i].type), name, at, found);
			continue;
		}
		count++;
		if (name && !strcmp(is, name)) {
			found->name = name;
			found->at = at;
			found->size = btf__resolve_size(btf, m[i].type);
		}
	}
	return count;
}

static int is_same(const struct member *want)
{
	const struct btf *btf;
	const struct btf_type *t = find_struct(want->type, &btf);
	struct member got = {};

	if (!t) {
		tap_diag("no struct %s in any BTF", want->type);
		return 0;
	}
	find_member(btf, t, want->name, 0, &got);
	if (!want->name)
		got.size = t->size;
	else if (!got.name)
		got.size = -1;
	if (got.at == want->at && got.size == want->size)
		return 1;
	tap_diag("%s.%s: %zd bytes at %zu in BTF, %zu at %zu here", want->type,
		 want->name ? want->name : "(all)", (ssize_t)got.size, got.at, want->size,
		 want->at);
	return 0;
}

static void layouts(void)
{
	const struct btf *btf;
	const struct btf_type *t;
	unsigned int wrong = 0, forgotten = 0, listed;
	size_t i, j;

	for (i = 0; i < COUNT(layout); i++)
		wrong += !is_same(&layout[i]);
	tap_ok(!wrong, "%zu sizes and offsets are the same on both sides", COUNT(layout));

	for (i = 0; i < COUNT(layout); i = j) {
		for (j = i + 1; j < COUNT(layout) && layout[j].name; j++)
			;
		listed = j - i - 1;
		t = find_struct(layout[i].type, &btf);
		if (t && find_member(btf, t, NULL, 0, NULL) == listed)
			continue;
		tap_diag("struct %s has other members than this test lists", layout[i].type);
		forgotten++;
	}
	tap_ok(!forgotten, "no member of a struct is forgotten here");
}

static const struct {
	const char *name;
	__u32 key, value;
} maps[] = {
	{ NOLIST_MAP_META, 4, sizeof(struct nolist_meta) },
	{ NOLIST_MAP_KEY, 4, sizeof(struct nolist_key) },
	{ NOLIST_MAP_CONF, 4, 4 },
	{ NOLIST_MAP_CONTACTS, sizeof(struct nolist_source), sizeof(struct nolist_contacts) },
	{ NOLIST_MAP_VERIFIED, sizeof(struct nolist_source), sizeof(struct nolist_verified) },
	{ NOLIST_MAP_STATS, 4, sizeof(struct nolist_stats) },
	{ NOLIST_MAP_COOKIES, 4, sizeof(struct nolist_cookies) },
	{ NOLIST_MAP_LIMITS, 4, sizeof(struct nolist_limits) },
	{ NOLIST_MAP_PROGS, 4, 4 },
	{ NOLIST_MAP_DOMAINS, 4, 4 },
	{ NOLIST_MAP_STAMPS, 4, sizeof(struct nolist_stamps) },
	{ NOLIST_MAP_BLOCK, 4, 4 },
	{ NOLIST_MAP_SAID, 4, 4 },
	{ NOLIST_MAP_LOW_PASS, 4, 4 },
	{ NOLIST_MAP_TENANTS, 4, 4 },
	{ NOLIST_MAP_TENANTED, 4, sizeof(struct nolist_tenanted) },
};

static void map_sizes(void)
{
	struct bpf_map *m, *inner;
	unsigned int wrong = 0;
	size_t i;

	for (i = 0; i < COUNT(maps); i++) {
		m = bpf_object__find_map_by_name(object, maps[i].name);
		if (m && bpf_map__key_size(m) == maps[i].key &&
		    bpf_map__value_size(m) == maps[i].value)
			continue;
		tap_diag("%s: %s, key %u value %u, wanted %u and %u", maps[i].name,
			 m ? "found" : "not found", m ? bpf_map__key_size(m) : 0,
			 m ? bpf_map__value_size(m) : 0, maps[i].key, maps[i].value);
		wrong++;
	}
	tap_ok(!wrong, "keys and values of the maps have the sizes of abi.h");

	m = bpf_object__find_map_by_name(object, NOLIST_MAP_CONF);
	inner = m ? bpf_map__inner_map(m) : NULL;
	tap_ok(inner && bpf_map__value_size(inner) == sizeof(struct nolist_config) &&
		       bpf_map__max_entries(inner) == 1,
	       "the configuration's inner map holds one struct nolist_config");

	m = bpf_object__find_map_by_name(object, NOLIST_MAP_DOMAINS);
	inner = m ? bpf_map__inner_map(m) : NULL;
	tap_ok(inner && bpf_map__value_size(inner) == sizeof(struct nolist_domain_line) &&
		       bpf_map__max_entries(m) == NOLIST_DOMAIN_PLACES,
	       "a table of domains has lines of struct nolist_domain_line");
}

static void names(void)
{
	struct bpf_map *m;
	unsigned int unknown = 0, cut = 0;
	size_t i;

	bpf_object__for_each_map(m, object) {
		const char *name = bpf_map__name(m);

		if (bpf_map__is_internal(m))
			continue;
		cut += strlen(name) > 15;
		for (i = 0; i < COUNT(maps) && strcmp(maps[i].name, name); i++)
			;
		if (i == COUNT(maps)) {
			tap_diag("map %s is not in abi.h", name);
			unknown++;
		}
	}
	tap_ok(!cut, "the kernel cuts no map's name");
	tap_ok(!unknown, "abi.h names every map");
	tap_ok(strlen(NOLIST_PROG) <= 15 && bpf_object__find_program_by_name(object, NOLIST_PROG),
	       "the program is called " NOLIST_PROG);
	tap_ok(strlen(NOLIST_PROG_SLOW) <= 15 &&
		       bpf_object__find_program_by_name(object, NOLIST_PROG_SLOW),
	       "its slow path is called " NOLIST_PROG_SLOW);
}

/* Where a variable lies in its section, by BTF. */
static const void *find_variable(const char *section, const char *name, size_t size)
{
	const struct btf *btf = bpf_object__btf(object);
	int id = btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC);
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, id);
	struct bpf_map *m = bpf_object__find_map_by_name(object, section);
	const struct btf_var_secinfo *v;
	const char *data;
	size_t len = 0;
	int i;

	if (!t || !m)
		return NULL;
	data = bpf_map__initial_value(m, &len);
	for (i = 0, v = btf_var_secinfos(t); i < btf_vlen(t); i++, v++) {
		const struct btf_type *var = btf__type_by_id(btf, v->type);

		if (!strcmp(btf__name_by_offset(btf, var->name_off), name))
			return data && v->size == size && v->offset + size <= len ?
				       data + v->offset :
				       NULL;
	}
	return NULL;
}

static void self_description(void)
{
	const struct nolist_object *o = find_variable(".rodata", "nolist_object", sizeof(*o));

	tap_ok(o && o->magic == NOLIST_MAGIC && o->version == NOLIST_ABI_VERSION,
	       "the object tells its magic and its ABI version in .rodata");
}

int main(int argc, char **argv)
{
	libbpf_set_print(NULL);
	object = bpf_object__open_file(argc > 1 ? argv[1] : tap_build("nolist.bpf.o"), NULL);
	if (!object || !bpf_object__btf(object))
		tap_die("nolist.bpf.o");
	layout_btf = btf__parse_elf(tap_build("selftests/unit/abi_layout.bpf.o"), NULL);
	if (!layout_btf)
		tap_die("abi_layout.bpf.o");
	layouts();
	map_sizes();
	names();
	self_description();
	btf__free(layout_btf);
	bpf_object__close(object);
	return tap_done();
}
