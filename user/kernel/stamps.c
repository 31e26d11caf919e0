// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stamps of networks: a load draws the secret of their hash; a service maps them, and reads
 * while the program writes. A stamp is one aligned word, so it is seen whole.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/kernel/private.h"

static bool is_stamping(const struct nolist_config *conf)
{
	return conf && conf->gate.flags & NOLIST_GATE_STAMPS;
}

int kern_begin_stamps(const struct kern_instance *instance, const struct nolist_config *conf,
		      const struct nolist_config *in_force)
{
	struct nolist_stamps line;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(instance->fd[MAP_STAMPS], &zero, &line))
		return fail(-errno, "cannot read the stamps");
	if (line.head.factor && (!is_stamping(conf) || is_stamping(in_force)))
		return 0;
	if (!line.head.factor && getrandom(&line.head.factor, sizeof(line.head.factor), 0) !=
					 sizeof(line.head.factor))
		return fail(-errno, "cannot draw a secret");
	line.head.factor |= 1;
	line.head.since_ns = kern_now_ns();
	if (bpf_map_update_elem(instance->fd[MAP_STAMPS], &zero, &line, BPF_ANY))
		return fail(-errno, "cannot write the stamps");
	return 0;
}

struct kern_stamps {
	const volatile struct nolist_stamps *line;
	size_t size; /* bytes */
};

int kern_stamps_open(struct kern_stamps **sp, const char *pin_dir)
{
	struct kern_stamps *s = calloc(1, sizeof(*s));
	char path[4096];
	int fd, error;

	if (!s)
		return fail(-ENOMEM, "cannot read the stamps");
	kern_pin_path(path, pin_dir, MAP_STAMPS, KERN_PIN_TODAY);
	fd = bpf_obj_get(path);
	error = fd < 0 ? -errno : 0;
	if (!error) {
		s->size = NOLIST_STAMP_LINES * sizeof(*s->line);
		s->line = mmap(NULL, s->size, PROT_READ, MAP_SHARED, fd, 0);
		error = s->line == MAP_FAILED ? -errno : 0;
		close(fd);
	}
	if (error) {
		free(s);
		return fail(error, "cannot read the stamps in '%s'", path);
	}
	*sp = s;
	return 0;
}

void kern_stamps_close(struct kern_stamps *s)
{
	if (!s)
		return;
	munmap((void *)s->line, s->size);
	free(s);
}

long long kern_stamps_low(const struct kern_stamps *s, const struct nolist_addr *addr)
{
	__u64 hash = nolist_stamp_hash(nolist_network(addr->q[0], addr->q[1]),
				       s->line[0].head.factor);
	const volatile struct nolist_stamps *line =
		&s->line[NOLIST_STAMPS_LOW + nolist_stamp_line(hash)];
	__u32 stamp = line->cell[nolist_stamp_cell(hash)], now = nolist_stamp(kern_now_ns());

	if (!stamp)
		return -ENOENT;
	/* Of the program's clock, which may be a tick ahead. */
	return (now - stamp + 2048 < 2048 ? 0ull : now - stamp) << NOLIST_STAMP_SHIFT;
}

unsigned long long kern_stamps_since(const struct kern_stamps *s)
{
	return s->line[0].head.factor ? s->line[0].head.since_ns : 0;
}
