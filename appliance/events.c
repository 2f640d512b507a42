/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bookgate events: what the store holds, as NDJSON.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "appliance/appliance.h"
#include "core/log.h"
#include "reports/reports.h"

/* How often a followed store is asked whether it has changed. */
#define FOLLOW_NSEC (200 * 1000 * 1000)
/* More than any store holds; keeps day arithmetic inside 64 bits. */
#define LIMIT_MAX INT64_C(1000000000)

static const char usage[] =
    "usage: bookgate events [-s STORE] [OPTION]...\n"
    "\n"
    "Prints stored events as NDJSON in the order of their time.\n"
    "\n"
    "  -s, --store STORE    the store to read (default: as configured)\n"
    "      --follow         go on with events as they are stored\n"
    "      --from DATE      from this day on, YYYY-MM-DD\n"
    "      --to DATE        up to and including this day\n"
    "      --service ID     only this service (\"signal\")\n"
    "      --recipient ID   only this recipient\n"
    "      --action ACTION  only allow, log or block\n"
    "      --type TYPE      only contact_upload, flow, bypass or stats\n"
    "      --limit N        only the newest N\n"
    "  -c, --config CONF    the configuration\n"
    "  -h, --help           print this\n";

struct options {
	const char *store, *conf;
	struct store_filter filter;
	bool follow;
};

enum {
	OPT_FOLLOW = 256, OPT_FROM, OPT_TO, OPT_SERVICE, OPT_RECIPIENT, OPT_ACTION,
	OPT_TYPE, OPT_LIMIT
};

static const struct option long_options[] = {
	{ "store", required_argument, NULL, 's' },
	{ "follow", no_argument, NULL, OPT_FOLLOW },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "to", required_argument, NULL, OPT_TO },
	{ "service", required_argument, NULL, OPT_SERVICE },
	{ "recipient", required_argument, NULL, OPT_RECIPIENT },
	{ "action", required_argument, NULL, OPT_ACTION },
	{ "type", required_argument, NULL, OPT_TYPE },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ "config", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static const char *const actions[] = { "allow", "log", "block", NULL };
static const char *const types[] = { "contact_upload", "flow", "bypass", "stats", NULL };

/* ---- options --------------------------------------------------------------- */

static bool
complain(const char *option, const char *value)
{
	fprintf(stderr, "bookgate events: --%s: \"%s\" is not valid\n", option, value);
	return false;
}

static bool
day_option(const char *name, const char *value, int after, uint64_t *moment)
{
	day_t day;

	/* A moment is counted from 1970; 0 stands for "no bound". */
	if (!day_parse(value, &day) || day < 0)
		return complain(name, value);
	*moment = (uint64_t)(day + after) * USEC_PER_DAY;
	return true;
}

static bool
word_option(const char *name, const char *value, const char *const *words,
    const char **to)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, value) == 0) {
			*to = value;
			return true;
		}
	return complain(name, value);
}

static bool
limit_option(const char *value, int64_t *limit)
{
	char *end;

	errno = 0;
	*limit = strtoll(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || *limit < 1 ||
	    *limit > LIMIT_MAX)
		return complain("limit", value);
	return true;
}

static bool
option_take(struct options *options, int option, const char *value)
{
	struct store_filter *filter = &options->filter;

	switch (option) {
	case 's':
		options->store = value;
		return true;
	case 'c':
		options->conf = value;
		return true;
	case OPT_FOLLOW:
		options->follow = true;
		return true;
	case OPT_FROM:
		return day_option("from", value, 0, &filter->from_us);
	case OPT_TO:
		return day_option("to", value, 1, &filter->to_us);
	case OPT_SERVICE:
		filter->service = value;
		return true;
	case OPT_RECIPIENT:
		filter->recipient = value;
		return true;
	case OPT_ACTION:
		return word_option("action", value, actions, &filter->action);
	case OPT_TYPE:
		return word_option("type", value, types, &filter->type);
	case OPT_LIMIT:
		return limit_option(value, &filter->limit);
	default:
		return false;
	}
}

/* False to go no further, with *code as exit code. */
static bool
options_parse(struct options *options, int argc, char **argv, int *code)
{
	int option;

	memset(options, 0, sizeof(*options));
	*code = EXIT_USAGE;
	optind = 1;
	while ((option = getopt_long(argc, argv, "s:c:h", long_options, NULL)) != -1) {
		if (option == 'h' || option == '?') {
			*code = usage_print(usage, option == 'h');
			return false;
		}
		if (!option_take(options, option, optarg))
			return false;
	}
	if (optind == argc)
		return true;
	usage_print(usage, false);
	return false;
}

/* ---- printing ----------------------------------------------------------------- */

static bool
print_json(void *arg, const char *json)
{
	FILE *out = arg;

	return signal_seen == 0 && fputs(json, out) >= 0 && fputc('\n', out) != EOF;
}

/* Prints what was stored after the last call; false when the store or the pipe fails. */
static bool
print_new(struct store *store, struct store_filter *filter)
{
	int64_t mark = store_mark(store);

	if (mark < 0)
		return false;
	filter->after = filter->upto;
	filter->upto = mark;
	if (mark == filter->after)
		return true;
	return store_each_json(store, filter, print_json, stdout) &&
	    fflush(stdout) == 0 && !ferror(stdout);
}

static bool
print_follow(struct store *store, struct store_filter *filter)
{
	static const struct timespec pause = { 0, FOLLOW_NSEC };

	filter->limit = 0;		/* the limit was on what was there before */
	while (signal_seen == 0) {
		nanosleep(&pause, NULL);
		if (store_changed(store) && !print_new(store, filter))
			return false;
	}
	return true;
}

static int
events_run(struct options *options, const char *path)
{
	struct store *store = store_open(path, STORE_READ);
	bool ok;

	if (store == NULL)
		return errno == EBADMSG ? EXIT_INPUT : EXIT_RESOURCE;
	signals_catch();
	ok = print_new(store, &options->filter) &&
	    (!options->follow || print_follow(store, &options->filter));
	store_close(store);
	if (signal_seen != 0)
		return EXIT_SIGNAL + signal_seen;
	if (!ok)
		log_error("events", "cannot print the events");
	return ok ? EXIT_DONE : EXIT_RESOURCE;
}

int
events_main(int argc, char **argv)
{
	struct options options;
	struct setup setup;
	int code;

	if (!options_parse(&options, argc, argv, &code))
		return code;
	if (options.store != NULL && options.conf == NULL)
		return events_run(&options, options.store);
	code = setup_load(&setup, options.conf);
	if (code != EXIT_DONE)
		return code;
	code = events_run(&options, options.store != NULL ? options.store :
	    setup.settings->store);
	setup_free(&setup);
	return code;
}
