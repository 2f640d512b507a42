/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "appliance/appliance.h"
#include "appliance/options.h"
#include "appliance/output.h"
#include "appliance/progress.h"
#include "captures/captures.h"
#include "core/digest.h"
#include "core/file.h"
#include "core/log.h"
#include "core/mem.h"

#define WORKERS_MAX 64

/* Of a capture's name in a reason, its NUL included; the reason itself wants room too. */
#define REASON_NAME_MAX 60

static const char usage[] =
"usage: bookgate replay [OPTION]... CAPTURE...\n"
"Reads pcap and pcapng files (\"-\": standard input) and prints an event for\n"
"each contact upload, as NDJSON, and the counts at the end.\n\n"
"  -c, --config FILE    configuration (default: none, all defaults)\n"
"  -k, --keylog FILE    open TLS with the keys in this log; may be repeated.\n"
"                       Keys inside a pcapng are used without being asked for\n"
"  -s, --store FILE     write the events into this store\n"
"  -j, --jobs N         captures read at once, 1 to 64 (default 1); the output\n"
"                       is the same\n"
"      --flows          also an event for each flow\n"
"      --identity WHO   address (default) or pseudonym\n"
"  -h, --help           this text\n"
"Each capture stands alone: flows and names are not carried into the next.\n";

struct options {
	const char *conf, *store;
	int64_t jobs;
	bool flows;
	int identity;			/* -1 the configuration's */
	struct option_list keylogs;
	char **captures;
	size_t count;
};

struct run {
	const struct options *options;
	struct setup setup;
	struct output output;		/* the real one */
	struct secrets *secrets;	/* of -k; NULL without */
	struct progress progress;
	uint8_t key[32];
	bool pseudonyms;
	struct stats total;
	int code;
};

/* One capture being read by a worker. */
struct worker {
	pid_t pid;
	FILE *spool;
};

/* ---- options ---- */

static const char *const identities[] = { "address", "pseudonym", NULL };

#define AT(field) .to = offsetof(struct options, field)

static const struct option_row rows[] = {
	OPTION_CONFIG(struct options),
	{ "keylog", 'k', option_each, AT(keylogs) },
	{ "store", 's', option_text, AT(store) },
	{ "jobs", 'j', option_number, AT(jobs), .least = 1, .most = WORKERS_MAX },
	{ "flows", 0, option_flag, AT(flows) },
	{ "identity", 0, option_word, AT(identity), .words = identities },
	{ 0 }
};

/* ---- one capture ---- */

static void
code_raise(struct run *run, int code)
{
	if (code > run->code)
		run->code = code;
}

/* SHA-256 of a file, hex; of the counts where it cannot be read twice. */
static void
capture_digest(const char *path, const struct stats *stats, char hex[2 * SHA256_LEN + 1])
{
	struct digest *digest = digest_new();
	uint8_t out[SHA256_LEN], part[65536];
	FILE *file = strcmp(path, "-") == 0 ? NULL : fopen(path, "rb");
	size_t n;

	if (file == NULL)
		digest_update(digest, stats, sizeof(*stats));
	while (file != NULL && (n = fread(part, 1, sizeof(part), file)) > 0)
		digest_update(digest, part, n);
	if (file != NULL)
		fclose(file);
	digest_final(digest, out);
	hex_text(out, SHA256_LEN, hex);
}

/* Reads one capture into an output; the result is also the exit code. */
static int
capture_read(struct run *run, const char *path, struct output *output,
    struct replay_progress *progress, struct stats *stats)
{
	const struct settings *settings = run->setup.settings;
	struct judge_options options = {
		.rules = run->setup.rules,
		.settings = settings,
		.door = "replay",
		.gateway = settings->gateway ? settings->gateway : "replay",
		.identity_key = run->pseudonyms ? run->key : NULL,
		.sink = &output->sink,
	};
	struct judge *judge = judge_new(&options);
	struct replay_options replay = { judge, run->secrets, progress, &signal_seen };
	enum replay_result result;

	if (judge == NULL)
		return EXIT_RESOURCE;
	result = capture_replay(path, &replay, stats);
	judge_stats(judge, stats);
	judge_free(judge);
	if (result == REPLAY_DAMAGED || result == REPLAY_UNREADABLE) {
		progress_clear(&run->progress);
		log_error("replay", "%s: %s", path, stats->truncated);
		return EXIT_INPUT;
	}
	return EXIT_DONE;
}

/*
 * In the counts of several captures a reason says whose it is, by the name
 * alone: folders often carry a person's.
 */
static void
reason_name(struct stats *stats, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	char reason[TRUNCATED_REASON_MAX], shown[REASON_NAME_MAX];

	memcpy(reason, stats->truncated, sizeof(reason));
	if (reason[0] == '\0')
		return;
	if (utf8_bad(name, strlen(name)) != NULL)
		name = "(name is not UTF-8)";
	snprintf(shown, sizeof(shown), "%s", name);
	utf8_trim(shown);
	if ((size_t)snprintf(stats->truncated, sizeof(stats->truncated), "%s: %s", shown,
	    reason) >= sizeof(stats->truncated))
		utf8_trim(stats->truncated);
}

/* Counts a capture that has been read, and makes it permanent in a store. */
static void
capture_finish(struct run *run, const char *path, const struct stats *stats)
{
	char digest[2 * SHA256_LEN + 1];
	struct stats named = *stats;

	if (run->options->count > 1)
		reason_name(&named, path);
	stats_add(&run->total, &named);
	if (run->output.store == NULL)
		return;
	capture_digest(path, stats, digest);
	output_stats(&run->output, stats, digest);
	if (run->output.failed || !store_commit(run->output.store)) {
		store_rollback(run->output.store);
		run->output.failed = true;
	}
}

static bool
capture_begin(struct run *run)
{
	if (run->output.store != NULL && !store_begin(run->output.store))
		run->output.failed = true;
	return !run->output.failed;
}

static void
run_alone(struct run *run)
{
	const struct options *options = run->options;

	for (size_t i = 0; i < options->count && !signal_seen && !run->output.failed; i++) {
		struct stats stats = { 0 };

		if (!capture_begin(run))
			break;
		progress_next(&run->progress, options->captures[i]);
		code_raise(run, capture_read(run, options->captures[i], &run->output,
		    run->progress.on ? &run->progress.replay : NULL, &stats));
		capture_finish(run, options->captures[i], &stats);
	}
}

/* ---- several at once: each worker spools, the parent reads the spools in order ---- */

__attribute__((noreturn))
static void
worker_main(struct run *run, const char *path, FILE *spool)
{
	struct output output = { .spool = spool };
	struct stats stats;
	int code;

	run->progress.on = false;
	output_init(&output, run->options->flows);
	code = capture_read(run, path, &output, NULL, &stats);
	output_spool_stats(&output, &stats);
	_exit(output.failed ? EXIT_RESOURCE : code);
}

static bool
worker_start(struct run *run, struct worker *worker, const char *path)
{
	worker->spool = tmpfile();
	if (worker->spool == NULL || (worker->pid = fork()) < 0) {
		log_error("replay", "cannot start a worker: %s", strerror(errno));
		return false;
	}
	if (worker->pid == 0)
		worker_main(run, path, worker->spool);
	return true;
}

static void
worker_collect(struct run *run, struct worker *worker, const char *path)
{
	struct stats stats = { 0 };
	int status = 0;

	progress_next(&run->progress, path);
	while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!capture_begin(run))
		return;
	if (!WIFEXITED(status) || !output_unspool(&run->output, worker->spool, &stats)) {
		log_error("replay", "%s: its worker died", path);
		snprintf(stats.truncated, sizeof(stats.truncated), "the worker reading it died");
		code_raise(run, EXIT_RESOURCE);
	} else {
		code_raise(run, WEXITSTATUS(status));
	}
	capture_finish(run, path, &stats);
}

static void
run_workers(struct run *run)
{
	const struct options *options = run->options;
	struct worker *workers = xcalloc(options->count, sizeof(*workers));
	size_t started = 0;

	for (size_t i = 0; i < options->count; i++) {
		while (started < options->count && started < i + (size_t)options->jobs &&
		    !signal_seen && !run->output.failed &&
		    worker_start(run, &workers[started], options->captures[started]))
			started++;
		if (i >= started)
			break;
		worker_collect(run, &workers[i], options->captures[i]);
		fclose(workers[i].spool);
	}
	if (started < options->count && !signal_seen)
		code_raise(run, EXIT_RESOURCE);
	free(workers);
}

/* ---- the command ---- */

/* The key logs of -k, read once for all captures. */
static bool
run_keylogs(struct run *run)
{
	const struct option_list *keylogs = &run->options->keylogs;

	if (keylogs->count > 0)
		run->secrets = secrets_new(NULL);
	for (size_t i = 0; i < keylogs->count; i++)
		if (!secrets_load(run->secrets, keylogs->items[i]))
			return false;
	return true;
}

static int
run_init(struct run *run)
{
	const struct options *options = run->options;
	int code = setup_load(&run->setup, options->conf), identity;

	if (code != EXIT_DONE)
		return code;
	if (!run_keylogs(run))
		return EXIT_INPUT;
	identity = options->identity >= 0 ? options->identity : run->setup.settings->identity;
	run->pseudonyms = identity == 1;
	progress_init(&run->progress, options->count);
	run->output.geo = geo_open();
	run->output.lines = stdout;
	if (options->store != NULL) {
		run->output.store = store_open(options->store, STORE_WRITE);
		if (run->output.store == NULL)
			return errno == EBADMSG ? EXIT_INPUT : EXIT_RESOURCE;
	}
	output_init(&run->output, options->flows);
	if (run->pseudonyms && run->output.store == NULL)
		random_bytes(run->key, sizeof(run->key));
	else if (run->pseudonyms && !store_identity_key(run->output.store, run->key))
		return EXIT_RESOURCE;
	return EXIT_DONE;
}

/* The last line: all counts together. */
static void
run_finish(struct run *run)
{
	struct output lines = { .lines = stdout };

	progress_clear(&run->progress);
	if (!run->output.failed)
		output_stats(&lines, &run->total, NULL);
	if (run->output.failed || lines.failed)
		code_raise(run, EXIT_RESOURCE);
	if (signal_seen)
		run->code = EXIT_SIGNAL + signal_seen;
}

int
replay_main(int argc, char **argv)
{
	const struct command_line line = { .name = "replay", .usage = usage, .rows = rows,
		.least = 1, .most = INT_MAX };
	struct options options = { .jobs = 1, .identity = -1 };
	struct run run = { .options = &options };
	int code = options_read(&line, &options, argc, argv);

	if (code >= 0) {
		option_list_fini(&options.keylogs);
		return code;
	}
	options.captures = argv + optind;
	options.count = (size_t)(argc - optind);
	signals_catch();
	run.code = run_init(&run);
	if (run.code == EXIT_DONE) {
		if (options.jobs > 1 && options.count > 1)
			run_workers(&run);
		else
			run_alone(&run);
		run_finish(&run);
	}
	store_close(run.output.store);
	geo_close(run.output.geo);
	setup_free(&run.setup);
	secrets_free(run.secrets);
	option_list_fini(&options.keylogs);
	explicit_bzero(run.key, sizeof(run.key));
	return run.code;
}
