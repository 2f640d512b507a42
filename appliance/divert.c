/* SPDX-License-Identifier: Apache-2.0 */
/*
 * divert: the rules that bring traffic to the proxy, put into the kernel and
 * taken out again. nftables does the work; TPROXY needs a rule and a route
 * besides, by which what it took is delivered here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/appliance.h"
#include "appliance/options.h"
#include "appliance/status.h"
#include "appliance/tool.h"
#include "core/log.h"
#include "core/problem.h"
#include "proxy/nft.h"
#include "proxy/origdst.h"

static const char usage[] =
"usage: bookgate divert print|apply|remove|alive [OPTION]...\n"
"The nftables rules that bring the inspected groups' traffic to the proxy.\n\n"
"  print                writes them, changes nothing\n"
"  apply                puts them in place of those that are there\n"
"  remove               takes them away without trace\n"
"  alive                says that the proxy lives, as \"run\" does all the time:\n"
"                       with \"on_failure: open\" nothing is diverted without it;\n"
"                       rules that somebody flushed are put back\n\n"
"  -c, --config FILE    configuration (default: none, all defaults)\n"
"      --seconds N      alive: for how long (default: 10)\n"
"  -h, --help           this text\n";

/* Nobody stays alive by one word for longer than an hour. */
#define ALIVE_MOST 3600

struct options {
	const char *conf;
	int64_t seconds;
};

/* ---- nft ---------------------------------------------------------------------- */

/* Tells what a tool said, line by line. */
static void
said_tell(const char *tool, char said[TOOL_OUTPUT_MAX])
{
	char *rest = said, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] != '\0')
			log_error("divert", "%s: %s", tool, line);
	}
}

/* Hands a transaction to nft; text is freed. */
static int
nft_do(char *text)
{
	static const char *const argv[] = { "nft", "-f", "-", NULL };
	char said[TOOL_OUTPUT_MAX] = "";
	int code = -1;

	if (text == NULL)
		snprintf(said, sizeof(said), "%s", strerror(ENOMEM));
	else
		code = tool_run(&tool_nft, argv, text, said);
	free(text);
	if (code == 0)
		return EXIT_DONE;
	said_tell("nft", said);
	return EXIT_RESOURCE;
}

static bool
table_is_there(void)
{
	static const char *const argv[] = { "nft", "list", "set", "inet",
		"bookgate", "ports", NULL };
	char said[TOOL_OUTPUT_MAX];

	return tool_run(&tool_nft, argv, NULL, said) == 0;
}

/* ---- ip ------------------------------------------------------------------------ */

/* A number of our own for the table and for the place of the rule: 0x6267. */
#define TABLE "25191"
#define TEXT_OF(number) TEXT(number)
#define TEXT(number) #number
#define MARK TEXT_OF(ORIGDST_MARK_TPROXY)

enum ip_step { RULE_SHOW, RULE_ADD, RULE_DEL, ROUTE_SHOW, ROUTE_PUT, ROUTE_DEL };

#define IP_WORDS 8
static const char *const ip_steps[][IP_WORDS + 1] = {
	[RULE_SHOW] = { "rule", "show", "pref", TABLE },
	[RULE_ADD] = { "rule", "add", "pref", TABLE, "fwmark", MARK, "lookup", TABLE },
	[RULE_DEL] = { "rule", "del", "pref", TABLE },
	[ROUTE_SHOW] = { "route", "show", "table", TABLE },
	[ROUTE_PUT] = { "route", "replace", "local", "default", "dev", "lo", "table", TABLE },
	[ROUTE_DEL] = { "route", "flush", "table", TABLE },
};

static const char *const families[] = { "-4", "-6" };
#define FAMILIES (sizeof(families) / sizeof(families[0]))

/* The tool's exit code, or -1. */
static int
ip_run(const char *family, enum ip_step step, char said[TOOL_OUTPUT_MAX])
{
	const char *argv[IP_WORDS + 3] = { "ip", family };

	memcpy(argv + 2, ip_steps[step], IP_WORDS * sizeof(argv[0]));
	return tool_run(&tool_ip, argv, NULL, said);
}

static int
ip_do(const char *family, enum ip_step step)
{
	char said[TOOL_OUTPUT_MAX];

	if (ip_run(family, step, said) == 0)
		return EXIT_DONE;
	said_tell("ip", said);
	return EXIT_RESOURCE;
}

/* A table that never was is an error to ip, and nothing to us. */
static bool
ip_shows(const char *family, enum ip_step step)
{
	char said[TOOL_OUTPUT_MAX];

	return ip_run(family, step, said) == 0 && said[0] != '\0';
}

static int
route_add(void)
{
	int code = EXIT_DONE;
	size_t i;

	for (i = 0; i < FAMILIES && code == EXIT_DONE; i++) {
		code = ip_do(families[i], ROUTE_PUT);
		if (code == EXIT_DONE && !ip_shows(families[i], RULE_SHOW))
			code = ip_do(families[i], RULE_ADD);
	}
	return code;
}

static int
route_remove(void)
{
	int code = EXIT_DONE;
	size_t i;

	for (i = 0; i < FAMILIES; i++) {
		if (ip_shows(families[i], RULE_SHOW) &&
		    ip_do(families[i], RULE_DEL) != EXIT_DONE)
			code = EXIT_RESOURCE;
		if (ip_shows(families[i], ROUTE_SHOW) &&
		    ip_do(families[i], ROUTE_DEL) != EXIT_DONE)
			code = EXIT_RESOURCE;
	}
	return code;
}

/* ---- what the appliance does ------------------------------------------------------ */

/* What must be configured before anybody's traffic is taken. */
static int
ready_check(const struct settings *settings)
{
	const char *gate = settings_gate(settings, day_today());

	if (gate != NULL) {
		log_error("divert", "interception may not start: %s", gate);
		return EXIT_INPUT;
	}
	if (settings->listen == 0) {
		log_error("divert", "the proxy has no port (interception: listen)");
		return EXIT_INPUT;
	}
	return EXIT_DONE;
}

/*
 * With br_netfilter a bridge shows its packets to PREROUTING a first time, where
 * the socket that tproxy gives them is lost; the connection is then refused.
 */
static void
bridge_warn(void)
{
	FILE *file = fopen("/proc/sys/net/bridge/bridge-nf-call-iptables", "r");

	if (file == NULL)
		return;
	if (fgetc(file) == '1')
		log_warn("divert", "net.bridge.bridge-nf-call-iptables is 1: where phones come in "
		    "by a bridge, TPROXY does not work; set it to 0, or divert by redirect");
	fclose(file);
}

/*
 * The route comes first and goes last: in between, a packet that TPROXY took
 * would be lost.
 */
static int
rules_apply(const struct settings *settings, unsigned alive_s)
{
	const bool routed = settings->divert == DIVERT_TPROXY;
	int code = EXIT_DONE;

	if (settings->divert != DIVERT_NONE)
		code = ready_check(settings);
	if (code == EXIT_DONE && routed) {
		bridge_warn();
		code = route_add();
	}
	if (code == EXIT_DONE)
		code = nft_do(nft_apply_text(settings, alive_s));
	if (code == EXIT_DONE && !routed)
		code = route_remove();
	return code;
}

int
divert_apply(const struct settings *settings)
{
	return rules_apply(settings, NFT_ALIVE_SECONDS);
}

/* False where the rules are not there to take the word. */
static bool
alive_say(const struct settings *settings, unsigned seconds)
{
	static const char *const argv[] = { "nft", "-f", "-", NULL };
	char said[TOOL_OUTPUT_MAX], *text;
	bool said_it;

	if (settings->on_failure != 0)
		return table_is_there();
	text = nft_alive_text(seconds);
	said_it = text != NULL && tool_run(&tool_nft, argv, text, said) == 0;
	free(text);
	return said_it;
}

static int
alive_keep(const struct settings *settings, unsigned seconds)
{
	if (settings->divert == DIVERT_NONE || alive_say(settings, seconds))
		return EXIT_DONE;
	log_warn("divert", "the rules were gone: they are put back");
	return rules_apply(settings, seconds);
}

int
divert_alive(const struct settings *settings)
{
	return alive_keep(settings, NFT_ALIVE_SECONDS);
}

int
divert_ease(void)
{
	return nft_do(nft_ease_text());
}

int
divert_remove(void)
{
	int nft = nft_do(nft_remove_text()), ip = route_remove();

	return nft != EXIT_DONE ? nft : ip;
}

/* ---- the command ------------------------------------------------------------------- */

static void
ip_print(void)
{
	static const enum ip_step steps[] = { ROUTE_PUT, RULE_ADD };
	size_t f, s, w;

	for (f = 0; f < FAMILIES; f++) {
		for (s = 0; s < 2; s++) {
			printf("# ip %s", families[f]);
			for (w = 0; ip_steps[steps[s]][w] != NULL; w++)
				printf(" %s", ip_steps[steps[s]][w]);
			putchar('\n');
		}
	}
}

static int
action_print(const struct options *options, const struct settings *settings)
{
	char *text;

	(void)options;
	if (settings->divert != DIVERT_NONE && settings->listen == 0) {
		log_error("divert", "the proxy has no port (interception: listen)");
		return EXIT_INPUT;
	}
	text = nft_apply_text(settings, 0);
	if (text == NULL)
		return EXIT_RESOURCE;
	if (settings->divert == DIVERT_TPROXY)
		ip_print();
	fputs(text, stdout);
	free(text);
	return EXIT_DONE;
}

/* Whether somebody will take what is diverted is for the running appliance to say. */
static int
action_apply(const struct options *options, const struct settings *settings)
{
	(void)options;
	return rules_apply(settings, 0);
}

static int
action_alive(const struct options *options, const struct settings *settings)
{
	return alive_keep(settings, (unsigned)options->seconds);
}

/* With `on_failure: open` its last word stands in the rules themselves. */
static bool
word_is_fresh(void)
{
	static const char *const argv[] = { "nft", "list", "set", "inet", "bookgate",
		"alive", NULL };
	char said[TOOL_OUTPUT_MAX];

	return tool_run(&tool_nft, argv, NULL, said) == 0 && strstr(said, "elements") != NULL;
}

/* Asked where the configuration says; one that is wrong is no reason to complain here. */
static bool
appliance_answers(const char *conf)
{
	struct problems problems = { 0 };
	char *configured = settings_rules_folder(conf);
	char *folder = rules_folder_find(configured);
	struct rules *rules = rules_load(folder, &problems);
	struct settings *settings = rules != NULL ? settings_load(conf, rules, &problems) : NULL;
	bool answers = settings != NULL && status_answers(settings->control);

	settings_free(settings);
	rules_free(rules);
	free(folder);
	free(configured);
	problems_fini(&problems);
	return answers;
}

/* Who runs puts the rules back; whoever takes them away by hand should know at once. */
static int
action_remove(const struct options *options, const struct settings *settings)
{
	const bool lives = word_is_fresh() ||
	    (options->conf != NULL && appliance_answers(options->conf));
	int code = divert_remove();

	(void)settings;
	if (code == EXIT_DONE && lives)
		log_warn("divert", "the appliance seems to run: it puts the rules back within "
		    "%d seconds; stop it instead", NFT_ALIVE_EVERY);
	return code;
}

static const struct action_row {
	const char *name;
	bool configured;		/* remove works with a broken configuration too */
	int (*run)(const struct options *options, const struct settings *settings);
} actions[] = {
	{ "print", true, action_print },
	{ "apply", true, action_apply },
	{ "alive", true, action_alive },
	{ "remove", false, action_remove },
};

static const struct option_row rows[] = {
	OPTION_CONFIG(struct options),
	{ "seconds", 0, option_number, .to = offsetof(struct options, seconds),
		.least = 1, .most = ALIVE_MOST },
	{ 0 }
};

static int
action_run(const struct action_row *action, const struct options *options)
{
	struct setup setup = { 0 };
	int code = EXIT_DONE;

	if (action->configured)
		code = setup_load(&setup, options->conf);
	if (code == EXIT_DONE)
		code = action->run(options, setup.settings);
	setup_free(&setup);
	return code;
}

int
divert_main(int argc, char **argv)
{
	const struct command_line line = { .name = "divert", .usage = usage, .rows = rows,
		.least = 1, .most = 1 };
	struct options options = { .seconds = NFT_ALIVE_SECONDS };
	int code = options_read(&line, &options, argc, argv);
	size_t i;

	if (code >= 0)
		return code;
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(actions[i].name, argv[optind]) == 0)
			return action_run(&actions[i], &options);
	}
	return usage_refuse(line.name, usage, "there is no action \"%s\"", argv[optind]);
}
