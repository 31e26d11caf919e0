// SPDX-License-Identifier: GPL-2.0-only
/* The store's file with any bytes in it: read, judged, pruned and brought up to date. */
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "selftests/fuzz/fuzz.h"
#include "selftests/fuzz/judge_all.h"
#include "user/store/store.h"

static char dir[] = "/dev/shm/fuzz_store.XXXXXX", path[64];

static void clean(void)
{
	char name[80];

	unlink(path);
	snprintf(name, sizeof(name), "%s-wal", path);
	unlink(name);
	snprintf(name, sizeof(name), "%s-shm", path);
	unlink(name);
	snprintf(name, sizeof(name), "%s-journal", path);
	unlink(name);
	rmdir(dir);
}

static void write_file(const uint8_t *data, size_t size)
{
	FILE *f;

	if (!*path) {
		if (!mkdtemp(dir))
			abort();
		snprintf(path, sizeof(path), "%s/" STORE_FILE, dir);
		atexit(clean);
	}
	clean();
	mkdir(dir, 0700);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, size, f) != size)
		abort();
	fclose(f);
}

static int on_list(const char *name, const struct store_list *l, void *arg)
{
	(void)name;
	(void)l;
	(void)arg;
	return 0;
}

static int on_lift(const struct store_lift *l, void *arg)
{
	(void)l;
	(void)arg;
	return 0;
}

static int on_pardon(const struct store_pardon *p, void *arg)
{
	(void)arg;
	HOLDS(p->prefix.len <= 128);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t now = 1790000000, before;
	struct evidence *e;
	struct store *s;

	write_file(data, size);
	if (!store_open(&s, dir, STORE_WRITE)) {
		if (!store_begin(s) && !store_prune(s, now, true, 1 << 16, &before))
			store_commit(s);
		store_close(s);
	}
	if (store_open(&s, dir, STORE_READ))
		return 0;
	store_each_list(s, now, on_list, NULL);
	store_each_pardon(s, on_pardon, NULL);
	store_each_lift(s, on_lift, NULL);
	if (!evidence_new(&e, NULL, s))
		judge_all(e, now);
	evidence_free(e);
	return 0;
}
