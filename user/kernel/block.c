// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of listed sources, and what they are told. A table is put in force in one write; one
 * that is in force can be mapped, to take single sources off it.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/block.h"
#include "user/base/failure.h"
#include "user/kernel/private.h"

#define BLOCK_FLAGS (BPF_F_INNER_MAP | BPF_F_MMAPABLE)

static int open_outer(const char *pin_dir)
{
	char path[4096];
	int fd;

	kern_pin_path(path, pin_dir, MAP_BLOCK, KERN_PIN_TODAY);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

int kern_block_lock(const char *pin_dir)
{
	return kern_lock(pin_dir, NULL);
}

static int map_lines(int fd, size_t lines, struct kern_block *b)
{
	b->n = lines;
	b->line = mmap(NULL, lines * sizeof(*b->line), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (b->line != MAP_FAILED)
		return 0;
	b->line = NULL;
	return -errno;
}

/* A map of these lines: an fd, or -errno. */
static int make_map(const struct nolist_block_line *line, size_t lines)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BLOCK_FLAGS);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "nolist_listed", sizeof(__u32), sizeof(*line),
				lines, &opts);
	struct kern_block b = {};
	int ret;

	if (fd < 0)
		return -errno;
	ret = map_lines(fd, lines, &b);
	if (ret) {
		close(fd);
		return ret;
	}
	memcpy(b.line, line, lines * sizeof(*line));
	kern_block_close(&b);
	return fd;
}

/* First the pin: what is taken off meanwhile is off the new one. */
int kern_put_block(const char *pin_dir, const struct nolist_block_line *line, size_t lines)
{
	int outer = open_outer(pin_dir), fd, ret;
	__u32 zero = 0;

	if (outer < 0)
		return outer;
	fd = make_map(line, lines);
	ret = fd < 0 ? fd : kern_pin_listed(pin_dir, fd);
	if (!ret && bpf_map_update_elem(outer, &zero, &fd, BPF_ANY))
		ret = -errno;
	if (fd >= 0)
		close(fd);
	close(outer);
	return ret;
}

void kern_drop_block(const char *pin_dir, const struct kern_instance *instance)
{
	__u32 zero = 0;

	bpf_map_delete_elem(instance->fd[MAP_BLOCK], &zero);
	kern_unpin_listed(pin_dir);
}

/* The id of the one in force; -ENOENT: there is none. */
static int id_in_force(const char *pin_dir, __u32 *id)
{
	int outer = open_outer(pin_dir), ret;
	__u32 zero = 0;

	if (outer < 0)
		return outer;
	ret = bpf_map_lookup_elem(outer, &zero, id) ? -errno : 0;
	close(outer);
	return ret;
}

int kern_block_open(struct kern_block *b, const char *pin_dir)
{
	struct bpf_map_info info = {};
	__u32 id, size = sizeof(info);
	int fd, ret = id_in_force(pin_dir, &id);
	char path[4096];

	*b = (struct kern_block){};
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "%s/" KERN_PIN_LISTED, pin_dir);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		ret = -errno;
	else if (info.id != id)
		ret = -ENOENT; /* left by other tables */
	else
		ret = map_lines(fd, info.max_entries, b);
	close(fd);
	return ret;
}

void kern_block_close(struct kern_block *b)
{
	if (b->line)
		munmap(b->line, b->n * sizeof(*b->line));
	b->line = NULL;
}

int kern_block_head(struct nolist_block_head *head, const char *pin_dir)
{
	struct kern_block b;
	int ret = kern_block_open(&b, pin_dir);

	if (ret)
		return ret;
	if (b.n <= NOLIST_BLOCK_HEAD || b.line[NOLIST_BLOCK_HEAD].head.magic != NOLIST_MAGIC)
		ret = -ENOENT;
	else
		*head = b.line[NOLIST_BLOCK_HEAD].head;
	kern_block_close(&b);
	return ret;
}

int kern_put_said(const struct kern_instance *instance, const struct nolist_config *said)
{
	int outer = instance->fd[MAP_SAID], fd, ret = 0;
	__u32 zero = 0;

	if (!said) {
		bpf_map_delete_elem(outer, &zero);
		return 0;
	}
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "nolist_said", sizeof(zero), sizeof(*said), 1, NULL);
	if (fd < 0 || bpf_map_update_elem(fd, &zero, said, BPF_ANY) ||
	    bpf_map_update_elem(outer, &zero, &fd, BPF_ANY))
		ret = fail(-errno, "cannot put the words for listed sources in force");
	if (fd >= 0)
		close(fd);
	return ret;
}
