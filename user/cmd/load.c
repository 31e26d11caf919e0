// SPDX-License-Identifier: GPL-2.0-only
/*
 * load: reads the configuration, checks the host, and attaches and configures the program.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/check/check.h"
#include "user/host/addresses.h"
#include "user/cmd/attached.h"
#include "user/cmd/cmd.h"
#include "user/config/conf.h"
#include "user/config/domain_table.h"
#include "user/cmd/conf_args.h"
#include "user/config/key_file.h"
#include "user/cmd/interfaces.h"
#include "user/cmd/loaded.h"
#include "user/enforce/low_pass.h"
#include "user/lists/configured.h"
#include "user/kernel/kern.h"
#include "user/base/duration.h"
#include "user/base/failure.h"
#include "user/base/log.h"
#include "user/base/text.h"
#include "user/kernel/watchdog.h"

enum { OPT_SOURCES = 256, OPT_FORCE, OPT_PROBATION, OPT_CONFIRM, OPT_KEY, OPT_NEW_KEY };

#define PROBATION_MAX DAY_S /* seconds */
#define ASK_MS 1500 /* for the real MX to answer, at most */

static const struct cmd_option opts[] = {
	CONF_ARGS_FILE,
	CONF_ARGS_INTERFACE,
	CONF_ARGS_OPTIONS,
	{ "sources", OPT_SOURCES, "N", "capacity of each new table (262144)" },
	{ "key", OPT_KEY, "FILE", "the key of the sequence numbers, the same on several hosts" },
	{ "new-key", OPT_NEW_KEY, "FILE", "make a file with a key, and do nothing else" },
	{ "probation", OPT_PROBATION, "TIME", "detach after TIME (90s, 5m), unless confirmed" },
	{ "confirm", OPT_CONFIRM, NULL, "keep what was loaded, and do nothing else" },
	{ "force", OPT_FORCE, NULL, "load in spite of errors" },
	{}
};

struct load {
	struct conf_args args;
	bool is_forced, is_confirm;
	bool is_again; /* by "run": what was unloaded on purpose stays so */
	unsigned int probation_s; /* 0: none */
	const char *new_key; /* a file to make; NULL: none */
	struct nolist_key key; /* of conf.key_file */
	struct conf conf;
	struct nolist_addr *own;
	int owns, own_left;
	struct domain_table domains; /* no lines: all domains are ours */
	unsigned int tenant_domains[NOLIST_TENANTS_MAX]; /* how many each has */
	struct nolist_config *said; /* what listed sources are told; NULL: nothing */
	struct low_pass low_pass;
	int ifindex[KERN_IFS_MAX];
	struct kern_done done[KERN_IFS_MAX];
	int ifs;
};

static bool take_probation(struct load *l, const char *text)
{
	char most[DURATION_TEXT];
	int64_t s;

	if (duration_parse(text, &s) || s < 1 || s > PROBATION_MAX) {
		errx("--probation: '%s' is not a time from 1s to %s, such as 90s or 5m", text,
		     duration_text(PROBATION_MAX, most));
		return false;
	}
	l->probation_s = s;
	return true;
}

static int take_options(struct load *l, int argc, char **argv)
{
	int c;

	if (conf_args_init(&l->args, argc)) {
		err(-ENOMEM, "cannot start");
		return -1 - EXIT_FAILED;
	}
	while ((c = cmd_getopt(argc, argv, opts)) > 0) {
		if (conf_args_take(&l->args, c, optarg))
			continue;
		switch (c) {
		case OPT_FORCE:
			l->is_forced = true;
			break;
		case OPT_CONFIRM:
			l->is_confirm = true;
			break;
		case OPT_PROBATION:
			if (!take_probation(l, optarg))
				return -1 - EXIT_USAGE;
			break;
		case OPT_KEY:
			conf_args_add(&l->args, "key-file", optarg, "--key");
			break;
		case OPT_NEW_KEY:
			l->new_key = optarg;
			break;
		case OPT_SOURCES:
			conf_args_add(&l->args, "sources", optarg, "--sources");
			break;
		}
	}
	if (c < 0)
		return c;
	conf_args_interfaces(&l->args, argc, argv);
	if (l->is_confirm && (l->args.adds || l->args.file || l->probation_s)) {
		errx("--confirm takes no other options: it confirms what was loaded");
		return -1 - EXIT_USAGE;
	}
	if (l->new_key && (l->args.adds || l->args.file || l->probation_s || l->is_confirm)) {
		errx("--new-key takes no other options: it makes that file");
		return -1 - EXIT_USAGE;
	}
	return 0;
}

/* An interface may have several names. */
static int check_twice(const struct load *l)
{
	int i, j;

	for (i = 0; i < l->ifs; i++)
		for (j = 0; j < i; j++)
			if (l->ifindex[i] == l->ifindex[j]) {
				errx("'%s' and '%s' are the same interface", l->conf.interface[j],
				     l->conf.interface[i]);
				hint("name it once");
				return EXIT_USAGE;
			}
	return 0;
}

/* The configured interfaces; if there are none, those that have the program. */
static int find_interfaces(struct load *l)
{
	const struct kern_if *ifs;
	struct kern *k;
	int i, ret;

	for (i = 0; i < l->conf.interfaces; i++) {
		l->ifindex[i] = cmd_interface(l->conf.interface[i], "attach to");
		if (!l->ifindex[i])
			return EXIT_FAILED;
	}
	l->ifs = l->conf.interfaces;
	if (l->ifs)
		return check_twice(l);
	ret = kern_open(&k, options.pin_dir);
	if (ret && ret != -ENOENT)
		return cmd_failed(ret);
	if (!ret) {
		l->ifs = kern_ifs(k, &ifs);
		for (i = 0; i < l->ifs; i++)
			l->ifindex[i] = ifs[i].ifindex;
		kern_close(k);
	}
	if (l->ifs)
		return 0;
	errx("no interface given");
	hint("\"nolist-xdp load IFACE\", or 'interface' in the configuration file");
	return EXIT_USAGE;
}

/*
 * A finding that would break mail or the link stops the load; other errors are printed as
 * warnings: at boot the mail server may start later.
 */
static int check(const struct load *l)
{
	struct check_site site = { .conf = &l->conf, .ifindex = l->ifindex, .ifs = l->ifs,
				   .pin_dir = options.pin_dir, .ask_ms = ASK_MS,
				   .is_enforced = configured_is_enforced(&l->conf) };
	struct findings found;
	char line[512];
	int i, ret, status = 0;

	ret = check_all(&found, &site);
	if (ret)
		warn("not all checks could be made");
	for (i = 0; i < found.n; i++) {
		const struct finding *f = &found.f[i];

		finding_line(f, line, sizeof(line));
		if (f->grade == GRADE_NOTE && log_is_verbose())
			info("%s", line);
		if (f->grade < GRADE_WARNING)
			continue;
		if (f->grade == GRADE_REFUSES && !l->is_forced) {
			errx("%s", line);
			status = strcmp(f->about, "configuration") ? EXIT_FAILED : EXIT_USAGE;
		} else {
			warn("%s", line);
		}
		if (*f->hint)
			hint("%s", f->hint);
	}
	free(found.f);
	if (status)
		hint("\"nolist-xdp check\" shows all findings; --force loads in spite of them");
	return status;
}

static int fill(struct nolist_config *out, const struct nolist_config *old, const bool *busy,
		void *arg)
{
	struct load *l = arg;

	l->own_left = conf_fill(&l->conf, out, l->own, l->owns, old, busy);
	if (l->domains.line)
		domain_table_fill(&l->domains, out);
	if (l->probation_s)
		out->until_ns = kern_now_ns() + l->probation_s * 1000000000ull;
	return l->own_left < 0 ? l->own_left : 0;
}

static int fill_tenant(struct nolist_config *out, unsigned int tenant, void *arg)
{
	struct load *l = arg;
	struct nolist_key key = domain_table_key(&l->domains, tenant + 1);

	return conf_fill_tenant(&l->conf, tenant, &key, l->tenant_domains[tenant], out);
}

/* A pin is missing, as the last failure says. */
static int warn_of_pin(void)
{
	failure_print(failure_last());
	warn("all is in force, but not all of it is pinned: collect and dump may fail in their "
	     "units");
	hint("load again");
	return EXIT_WARNED;
}

/*
 * This load may end the very session that it is run from: it has to come to its end all
 * the same, so the signals of a lost terminal are ignored.
 */
static int start_watchdog(void)
{
	int fd = watchdog_start(options.pin_dir);

	if (fd < 0) {
		err(fd, "cannot start a watchdog for the probation");
		return -1;
	}
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	return fd;
}

static int load(struct load *l)
{
	struct kern_load what;
	int ret, status, watchdog = -1;

	status = find_interfaces(l);
	if (!status)
		status = check(l);
	if (status)
		return status;
	what = (struct kern_load){
		.pin_dir = options.pin_dir,
		.ifindex = l->ifindex,
		.ifs = l->ifs,
		.mode = l->conf.mode,
		.sources_max = l->conf.sources,
		.is_collected = l->conf.is_collected,
		.learning_s = l->conf.rules.learning_s,
		.domains = l->domains.line,
		.key = l->conf.key_file ? &l->key : NULL,
		.said = l->said,
		.low_pass = l->low_pass.prefix,
		.low_passes = l->low_pass.n,
		.tenants = l->conf.tenants,
		.fill_tenant = fill_tenant,
		.fill = fill,
		.arg = l,
	};
	if (l->probation_s) {
		watchdog = start_watchdog();
		if (watchdog < 0)
			return EXIT_FAILED;
	}
	ret = kern_load(&what, l->done);
	if (watchdog >= 0)
		close(watchdog);
	if (ret < 0)
		return cmd_failed(ret);
	if (!l->is_again)
		attached_note_load();
	status = ret ? warn_of_pin() : EXIT_DONE;
	return loaded_say(&(struct loaded){ &l->conf, l->ifindex, l->done, l->ifs, l->own_left,
					    l->probation_s }) |
	       status;
}

static int confirm(void)
{
	int ret = kern_confirm(options.pin_dir);

	if (ret < 0)
		return cmd_failed(ret);
	printf("confirmed: stays attached\n");
	return ret ? warn_of_pin() : EXIT_DONE;
}

static int make_key(const char *file)
{
	char mark[KEY_MARK];
	struct nolist_key key;
	int error = key_file_make(file);

	if (!error)
		error = key_file_read(file, &key);
	if (error)
		return cmd_failed(error);
	printf("%s: a key with the mark %s; copy it to the other hosts\n", file, key_mark(&key, mark));
	return EXIT_DONE;
}

/* Makes the words for listed sources. 0 or -errno, explained. */
static int make_said(struct load *l)
{
	int error;

	if (!l->conf.enforce)
		return 0;
	l->said = malloc(sizeof(*l->said));
	error = l->said ? conf_fill_said(&l->conf, l->said) : -ENOMEM;
	return error ? fail(error, "cannot make the words for listed sources") : 0;
}

/* Reads the domains, ours and the tenants', and makes their table. 0 or -errno, explained. */
static int read_domains(struct load *l, struct files *files)
{
	struct domain_set *set;
	unsigned int i, n = l->conf.tenants;
	int error;

	if (!l->conf.domains)
		return 0;
	set = calloc(n + 1, sizeof(*set));
	if (!set)
		return fail(-ENOMEM, "cannot read the domains");
	error = files_domains(set, &l->conf, files);
	for (i = 0; i < n && !error; i++) {
		error = files_tenant_domains(&set[i + 1], &l->conf, i, files);
		l->tenant_domains[i] = set[i + 1].n;
	}
	if (!error) {
		error = domain_table_make(&l->domains, set, n + 1, NULL);
		if (error)
			fail(error, "cannot make the table of domains");
	}
	for (i = 0; i <= n; i++)
		domain_set_free(&set[i]);
	free(set);
	return error;
}

static int configure_and_load(struct load *l)
{
	struct files files = { .state_dir = options.state_dir, .is_keeping = true };
	int error, status = conf_args_read(&l->args, &l->conf);
	bool is_warned;

	if (!status && host_own(&l->own, &l->owns)) {
		errx("cannot list the addresses of this host");
		status = EXIT_FAILED;
	}
	conf_print_notes(&l->conf, true);
	/* Otherwise the first dump would fail, unattended. */
	error = status ? 0 : configured_check_all(&l->conf, &files);
	if (!status && !error)
		error = read_domains(l, &files);
	if (!status && !error)
		error = make_said(l);
	if (!status && !error)
		error = low_pass_read(&l->low_pass, &l->conf);
	if (!status && !error && l->conf.key_file)
		error = key_file_read(l->conf.key_file, &l->key);
	is_warned = cmd_print_files(&files);
	if (error)
		status = cmd_failed(error);
	if (!status)
		status = load(l);
	if (status == EXIT_DONE && (is_warned || l->low_pass.bad))
		status = EXIT_WARNED;
	domain_table_free(&l->domains);
	free(l->said);
	low_pass_free(&l->low_pass);
	explicit_bzero(&l->key, sizeof(l->key));
	conf_free(&l->conf);
	free(l->own);
	return status;
}

int load_run(const char *file)
{
	struct load l = { .args.file = file };

	return configure_and_load(&l);
}

int load_again(const char *file, const char *const *interface, int n)
{
	struct load l = { .is_again = true };
	int i, status;

	if (conf_args_init(&l.args, n)) {
		err(-ENOMEM, "cannot start");
		return EXIT_FAILED;
	}
	l.args.file = file;
	l.args.has_interfaces = true;
	for (i = 0; i < n; i++)
		conf_args_add(&l.args, "interface", interface[i], "interface");
	status = configure_and_load(&l);
	conf_args_free(&l.args);
	return status;
}

int cmd_load(int argc, char **argv)
{
	struct load l = {};
	int status;

	status = take_options(&l, argc, argv);
	if (status < 0)
		status = -1 - status;
	else if (l.is_confirm)
		status = confirm();
	else if (l.new_key)
		status = make_key(l.new_key);
	else
		status = configure_and_load(&l);
	conf_args_free(&l.args);
	return status;
}
