// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the tables: configuration in force, counters, single records (each.c reads all of them).
 * Reading changes nothing, not even which records an LRU table evicts next. Only
 * kern_free_verified() writes.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/kernel/older.h"
#include "user/kernel/private.h"

unsigned long long kern_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

long long kern_clock_offset(void)
{
	struct timespec wall, mono;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	return (wall.tv_sec - mono.tv_sec) * 1000000000ll + wall.tv_nsec - mono.tv_nsec;
}

int kern_boot_id(char id[37])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	int ret = 0;

	if (!f)
		return -errno;
	if (!fgets(id, 37, f) || strlen(id) != 36)
		ret = -EIO;
	fclose(f);
	return ret;
}

static int read_conf(int fd, unsigned int abi, struct nolist_config *conf)
{
	struct older_config *old;
	__u32 zero = 0;
	int ret = 0;

	if (abi != OLDER_ABI)
		return bpf_map_lookup_elem(fd, &zero, conf) ? -errno : 0;
	old = malloc(sizeof(*old));
	if (!old)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &zero, old))
		ret = -errno;
	else
		older_config(old, conf);
	free(old);
	return ret;
}

int kern_instance_config(const struct kern_instance *instance, struct nolist_config *conf)
{
	__u32 zero = 0, id = 0;
	int fd, ret = 0;

	if (bpf_map_lookup_elem(instance->fd[MAP_CONF], &zero, &id))
		return -errno;
	fd = kern_conf_fd(instance->pin_dir, id);
	if (fd < 0)
		return fd;
	ret = read_conf(fd, instance->abi, conf);
	if (!ret && (conf->magic != NOLIST_MAGIC || conf->version != instance->abi))
		ret = -ENOENT;
	close(fd);
	return ret;
}

int kern_config(const struct kern *k, int instance, struct nolist_config *conf)
{
	return kern_is_replaced(k, instance) ? -ENOENT
					     : kern_instance_config(&k->instance[instance], conf);
}

int kern_tests(const struct kern *k, int instance, __u32 test[NOLIST_TEST_MAX])
{
	struct nolist_config *conf = malloc(sizeof(*conf));
	int ret = conf ? kern_config(k, instance, conf) : -ENOMEM;

	memset(test, 0, NOLIST_TEST_MAX * sizeof(*test));
	if (!ret)
		memcpy(test, conf->test, sizeof(conf->test));
	free(conf);
	return ret == -ENOENT || ret == -EPERM ? 0 : ret;
}

int kern_meta(const struct kern *k, int instance, struct nolist_meta *meta)
{
	__u32 zero = 0;

	if (k->instance[instance].fd[MAP_META] < 0)
		return -ENOENT;
	/* That of an older version is shorter: the other fields are zero. */
	*meta = (struct nolist_meta){};
	return bpf_map_lookup_elem(k->instance[instance].fd[MAP_META], &zero, meta) ? -errno : 0;
}

/* Each CPU has its own last hours: at each place the latest hour counts. */
static void add_bad_acks(struct nolist_bad_acks *sum, const struct nolist_bad_acks *b)
{
	int i;

	for (i = 0; i < NOLIST_HOURS; i++) {
		if (b[i].hour > sum[i].hour)
			sum[i] = b[i];
		else if (b[i].hour && b[i].hour == sum[i].hour)
			sum[i].count += b[i].count;
	}
}

static void add_real(struct nolist_real *sum, const struct nolist_real *r)
{
	int i;

	for (i = 0; i < NOLIST_HOURS; i++) {
		if (r[i].hour > sum[i].hour) {
			sum[i] = r[i];
		} else if (r[i].hour && r[i].hour == sum[i].hour) {
			sum[i].opens += r[i].opens;
			sum[i].data += r[i].data;
		}
	}
}

/* Adds the counters of one CPU. */
static void add_cpu(struct nolist_stats *sum, const struct nolist_stats *s)
{
	int i;

	for (i = 0; i < NOLIST_VERDICT_SLOTS; i++)
		sum->verdict[i] += s->verdict[i];
	sum->contacts_new += s->contacts_new;
	sum->contacts_lost += s->contacts_lost;
	for (i = 0; i < NOLIST_ROLES; i++)
		sum->contacts_limited[i] += s->contacts_limited[i];
	add_bad_acks(sum->bad_acks, s->bad_acks);
	for (i = 0; i < 2; i++)
		add_real(sum->real[i], s->real[i]);
	for (i = 0; i < NOLIST_MX_MAX; i++) {
		sum->mx[i].segments += s->mx[i].segments;
		sum->mx[i].opens += s->mx[i].opens;
	}
	sum->verified_new += s->verified_new;
	sum->verified_lost += s->verified_lost;
	sum->elsewhere += s->elsewhere;
	for (i = 0; i < NOLIST_GATE_PASSES; i++)
		sum->gate[i] += s->gate[i];
	for (i = 0; i < NOLIST_LENIENCIES; i++)
		sum->lenient[i] += s->lenient[i];
	if (s->verified_lost_ns > sum->verified_lost_ns)
		sum->verified_lost_ns = s->verified_lost_ns;
}

static int add_stats(const struct kern_instance *instance, struct nolist_stats *sum)
{
	bool is_older = instance->abi == OLDER_ABI;
	size_t bytes = is_older ? sizeof(struct older_stats) : sizeof(*sum);
	int cpus = libbpf_num_possible_cpus(), cpu, ret = 0;
	struct nolist_stats one;
	__u32 zero = 0;
	char *s;

	if (cpus < 0)
		return cpus;
	s = calloc(cpus, bytes);
	if (!s)
		return -ENOMEM;
	if (bpf_map_lookup_elem(instance->fd[MAP_STATS], &zero, s))
		ret = -errno;
	for (cpu = 0; cpu < cpus && !ret; cpu++) {
		if (is_older)
			older_stats((const struct older_stats *)(s + cpu * bytes), &one);
		else
			memcpy(&one, s + cpu * bytes, sizeof(one));
		add_cpu(sum, &one);
	}
	free(s);
	return ret;
}

int kern_stats(const struct kern *k, struct nolist_stats *sum)
{
	int i, ret;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < k->instances; i++) {
		ret = add_stats(&k->instance[i], sum);
		if (ret)
			return fail(ret, "cannot read the counters");
	}
	return 0;
}

int kern_instance_stats(const struct kern *k, int instance, struct nolist_stats *sum)
{
	int ret;

	memset(sum, 0, sizeof(*sum));
	ret = add_stats(&k->instance[instance], sum);
	return ret ? fail(ret, "cannot read the counters") : 0;
}

/* Each CPU has so many free records at hand, which the others cannot have (kernel/bpf/bpf_lru_list.c). */
#define FREE_OF_CPU 128

int kern_tables(const struct kern *k, int instance, struct kern_tables *t)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	struct nolist_meta meta;
	int cpus = libbpf_num_possible_cpus();

	if (cpus < 0)
		return fail(cpus, "cannot look at the tables");
	if (bpf_obj_get_info_by_fd(k->instance[instance].fd[MAP_VERIFIED], &info, &size))
		return fail(-errno, "cannot look at the tables");
	*t = (struct kern_tables){ .id = info.id,
				   .verified_max = info.max_entries,
				   .is_lru = info.type == BPF_MAP_TYPE_LRU_HASH,
				   .spare = (unsigned int)cpus * FREE_OF_CPU };
	size = sizeof(info);
	if (!bpf_obj_get_info_by_fd(k->instance[instance].fd[MAP_CONTACTS], &info, &size))
		t->contacts_max = info.max_entries;
	if (!kern_meta(k, instance, &meta) && meta.magic == NOLIST_MAGIC)
		t->generation = meta.generation;
	return 0;
}

int kern_instance_busy(const struct kern_instance *instance, bool busy[NOLIST_MX_MAX])
{
	struct nolist_stats sum = {};
	int ret = add_stats(instance, &sum);
	unsigned int i;

	if (ret)
		return ret;
	for (i = 0; i < NOLIST_MX_MAX; i++)
		busy[i] = sum.mx[i].segments;
	return 0;
}

/* --- one record ---------------------------------------------------------------- */

/* A record as it is in the table. */
union raw {
	struct nolist_verified today;
	struct older_verified older;
};

static struct nolist_verified verified_of(const struct kern_instance *instance,
					  const union raw *raw)
{
	struct nolist_verified v = raw->today;

	if (instance->abi == OLDER_ABI)
		older_verified(&raw->older, &v);
	return v;
}

int kern_verified(const struct kern *k, int instance, const struct nolist_source *src,
		  struct nolist_verified *verified)
{
	union raw raw = {};

	if (bpf_map_lookup_elem(k->instance[instance].fd[MAP_VERIFIED], src, &raw))
		return -errno;
	*verified = verified_of(&k->instance[instance], &raw);
	return 0;
}

int kern_contacts(const struct kern *k, int instance, const struct nolist_source *src,
		  struct nolist_contacts *contacts)
{
	const struct kern_instance *s = &k->instance[instance];
	union {
		struct nolist_contacts today;
		struct older_contacts older;
	} raw = {};

	if (bpf_map_lookup_elem(s->fd[MAP_CONTACTS], src, &raw))
		return -errno;
	*contacts = raw.today;
	if (s->abi == OLDER_ABI)
		older_contacts(&raw.older, contacts);
	return 0;
}

/* --- freeing ----------------------------------------------------------------- */

static bool is_still(const struct kern_instance *instance, const union raw *raw,
		     const struct nolist_verified *expected)
{
	struct nolist_verified now = verified_of(instance, raw);

	return !memcmp(&now, expected, sizeof(now));
}

/*
 * Between reading and removing, the program may change the record. The removal returns
 * what it removed: that is put back, unless a new record has taken its place.
 */
int kern_free_verified(const struct kern *k, int instance, const struct nolist_source *src,
		       const struct nolist_verified *expected)
{
	const struct kern_instance *s = &k->instance[instance];
	int fd = s->fd[MAP_VERIFIED];
	union raw now = {};

	if (bpf_map_lookup_elem(fd, src, &now) || !is_still(s, &now, expected))
		return -EAGAIN;
	if (bpf_map_lookup_and_delete_elem(fd, src, &now))
		return errno == ENOENT ? -EAGAIN : -errno;
	if (is_still(s, &now, expected))
		return 0;
	bpf_map_update_elem(fd, src, &now, BPF_NOEXIST);
	return -EAGAIN;
}
