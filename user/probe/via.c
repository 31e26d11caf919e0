// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has another host make the test: runs this tool there, by a command such as "ssh HOST", and
 * reads its JSON. That is another host's word: it is bounded, and made safe to print.
 */
#define _GNU_SOURCE /* pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/failure.h"
#include "user/probe/probe.h"
#include "user/probe/smtp.h"

#define OUTPUT_MAX (1 << 20)
#define WORDS_MAX 64      /* of the command */
#define REACH_MS 30000    /* to reach the other host */
#define PROBE_REPLIES 8   /* as many timeouts one address may take, at most */

/* --- the command line ----------------------------------------------------------------- */

struct words {
	char **word; /* ends with NULL; all are copies */
	size_t n, max;
};

static int add_word(struct words *w, const char *text)
{
	if (w->n + 1 >= w->max)
		return -E2BIG;
	w->word[w->n] = strdup(text);
	if (!w->word[w->n])
		return -ENOMEM;
	w->word[++w->n] = NULL;
	return 0;
}

static void free_words(struct words *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		free(w->word[i]);
	free(w->word);
}

static int add_command(struct words *w, const char *cmd)
{
	char *copy = strdup(cmd), *rest = copy, *word;
	int error = copy ? 0 : -ENOMEM, n = 0;

	while (!error && (word = strsep(&rest, " \t")))
		if (*word)
			error = ++n < WORDS_MAX ? add_word(w, word) : -E2BIG;
	free(copy);
	return error ? error : n ? 0 : -EINVAL;
}

static int add_option(struct words *w, const char *option, const char *value)
{
	int error = add_word(w, option);

	return error ? error : add_word(w, value);
}

static int make_words(struct words *w, const char *cmd, const struct conf *conf, int timeout_ms)
{
	char option[16], value[ADDR_TEXT];
	int i, error;

	w->max = WORDS_MAX + 2 * conf->mxs + 2 * NOLIST_PORT_MAX + 10;
	w->word = calloc(w->max, sizeof(*w->word));
	error = w->word ? add_command(w, cmd) : -ENOMEM;
	if (!error)
		error = add_option(w, "nolist-xdp", "test");
	for (i = 0; i < conf->mxs && !error; i++) {
		snprintf(option, sizeof(option), "--%s", conf_role_name(conf->mx[i].role));
		error = add_option(w, option, addr_text(&conf->mx[i].addr, value));
	}
	for (i = 0; i < conf->ports && !error; i++) {
		snprintf(value, sizeof(value), "%u", conf->port[i]);
		error = add_option(w, "--port", value);
	}
	snprintf(value, sizeof(value), "%ds", timeout_ms / 1000);
	if (!error)
		error = add_option(w, "--timeout", value);
	if (!error && conf->test_domain)
		error = add_option(w, "--domain", conf->test_domain);
	return error ? error : add_word(w, "--json");
}

/* --- running it -------------------------------------------------------------------------- */

static pid_t start(char **argv, int *from)
{
	int pipes[2];
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid) {
		dup2(pipes[1], STDOUT_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0)
		pid = -errno;
	close(pipes[1]);
	*from = pipes[0];
	if (pid < 0)
		close(pipes[0]);
	return pid;
}

/* Its output up to its end: bytes, or -errno. */
static ssize_t read_all(int fd, char *text, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t size = 0, n = 1;

	while (n > 0 && size < OUTPUT_MAX) {
		int64_t left = deadline - smtp_clock();

		n = left > 0 ? poll(&p, 1, left) : 0;
		if (!n)
			return -ETIMEDOUT;
		if (n > 0)
			n = read(fd, text + size, OUTPUT_MAX - size);
		if (n < 0 && errno == EINTR)
			n = 1;
		else
			size += n > 0 ? n : 0;
	}
	return n < 0 ? -errno : size == OUTPUT_MAX ? -EFBIG : size;
}

static int64_t limit_of(const struct probe_run *run)
{
	int rounds = run->n / PROBE_AT_A_TIME + 1;

	return REACH_MS + (int64_t)rounds * (PROBE_REPLIES * run->timeout_ms + PROBE_GREETING_MS);
}

/* Runs it and reads what it prints: bytes, or an error that is explained. */
static ssize_t run_words(const struct words *w, const struct probe_run *run, char *text)
{
	int fd = -1, status;
	pid_t pid = start(w->word, &fd);
	ssize_t size;

	if (pid < 0)
		return fail(pid, "cannot start '%s'", w->word[0]);
	size = read_all(fd, text, smtp_clock() + limit_of(run));
	if (size < 0)
		kill(pid, SIGKILL);
	close(fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (size < 0)
		return fail(size, "cannot read what '%s' prints", w->word[0]);
	if (WIFEXITED(status) && WEXITSTATUS(status) <= 1)
		return size;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		failx(-ENOENT, "'%s' cannot be run, or there is no nolist-xdp where it leads",
		      w->word[0]);
	else
		failx(-EIO, "'%s' failed", w->word[0]);
	return failure_last()->error;
}

/* --- what it says ------------------------------------------------------------------------- */

static const char *text_of(const json_t *finding, const char *member)
{
	const char *text = json_string_value(json_object_get(finding, member));

	return text ? text : "";
}

static bool is_about(const json_t *finding, const char *about, const char *subject)
{
	return !strcmp(text_of(finding, "about"), about) &&
	       (!subject || !strcmp(text_of(finding, "subject"), subject));
}

static void keep_text(struct probe *p, const char *text)
{
	size_t i;

	for (i = 0; text[i] && i + 1 < sizeof(p->text); i++)
		p->text[i] = text[i] >= ' ' && text[i] <= '~' && text[i] != '|' ? text[i] : '?';
	p->text[i] = '\0';
}

static void take_source(struct probe_run *run, const char *text)
{
	struct nolist_addr addr;
	int i;

	for (i = 0; i < run->n && !addr_parse(text, &addr); i++)
		if (addr_is_ip4(&addr) == addr_is_ip4(&run->probe[i].addr)) {
			run->probe[i].source = addr;
			run->probe[i].has_source = true;
		}
}

static int take_findings(struct probe_run *run, const json_t *findings)
{
	char name[ADDR_TEXT + 16];
	const json_t *f;
	size_t k;
	int i;

	for (i = 0; i < run->n; i++) {
		struct probe *p = &run->probe[i];

		probe_name(p, name);
		for (k = 0; (f = json_array_get(findings, k)); k++)
			if (is_about(f, conf_role_name(p->role), name))
				break;
		if (!f)
			return -EBADMSG;
		p->is_ok = !strcmp(text_of(f, "grade"), "ok");
		keep_text(p, text_of(f, "text"));
	}
	for (k = 0; (f = json_array_get(findings, k)); k++)
		if (is_about(f, "source", NULL))
			take_source(run, text_of(f, "subject"));
	return 0;
}

int probe_via(const char *cmd, const struct conf *conf, struct probe_run *run)
{
	char *text = malloc(OUTPUT_MAX);
	struct words w = {};
	json_t *root = NULL;
	ssize_t size = 0;
	int error = text ? make_words(&w, cmd, conf, run->timeout_ms) : -ENOMEM;

	if (!error) {
		size = run_words(&w, run, text);
		error = size < 0 ? size : 0;
	} else {
		fail(error, "cannot make a command line of '%s'", cmd);
	}
	if (!error) {
		root = json_loadb(text, size, 0, NULL);
		if (take_findings(run, json_object_get(root, "findings")))
			error = failx(-EBADMSG, "'%s' printed no result of a test", w.word[0]);
	}
	json_decref(root);
	free_words(&w);
	free(text);
	return error;
}
