/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bookgate events: what the store holds, as NDJSON.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "appliance/appliance.h"
#include "appliance/options.h"
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

static const char *const actions[] = { "allow", "log", "block", NULL };
static const char *const types[] = { "contact_upload", "flow", "bypass", "stats", NULL };

static bool
day_take(const char *value, int after, uint64_t *moment)
{
	day_t day;

	/* A moment is counted from 1970; 0 stands for "no bound". */
	if (!day_parse(value, &day) || day < 0)
		return false;
	*moment = (uint64_t)(day + after) * USEC_PER_DAY;
	return true;
}

static bool
from_take(const struct option_row *row, void *to, const char *value)
{
	(void)row;
	return day_take(value, 0, to);
}

static bool
to_take(const struct option_row *row, void *to, const char *value)
{
	(void)row;
	return day_take(value, 1, to);
}

#define DATE .wanted = "a date YYYY-MM-DD from 1970 on"
#define AT(field) .to = offsetof(struct options, field)

static const struct option_row rows[] = {
	OPTION_CONFIG(struct options),
	{ "store", 's', option_text, AT(store) },
	{ "follow", 0, option_flag, AT(follow) },
	{ "from", 0, from_take, AT(filter.from_us), DATE },
	{ "to", 0, to_take, AT(filter.to_us), DATE },
	{ "service", 0, option_text, AT(filter.service) },
	{ "recipient", 0, option_text, AT(filter.recipient) },
	{ "action", 0, option_text, AT(filter.action), .words = actions },
	{ "type", 0, option_text, AT(filter.type), .words = types },
	{ "limit", 0, option_number, AT(filter.limit), .least = 1, .most = LIMIT_MAX },
	{ 0 }
};

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
	if (!ok && !ferror(stdout))
		log_error("events", "cannot print the events");
	return ok ? EXIT_DONE : EXIT_RESOURCE;
}

int
events_main(int argc, char **argv)
{
	const struct command_line line = { .name = "events", .usage = usage, .rows = rows };
	struct options options = { 0 };
	struct setup setup;
	int code = options_read(&line, &options, argc, argv);

	if (code >= 0)
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
