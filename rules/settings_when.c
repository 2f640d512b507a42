/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conditions of a rule: `when`.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/evidence.h"
#include "core/flow.h"
#include "rules/settings.h"

/* Nobody has more contacts than there are people. */
#define CONTACTS_MOST INT64_C(10000000000)

struct when {
	const struct conf_node *groups, *services, *calls, *recipients, *classes,
	    *countries, *contacts, *confidence, *method, *transfer, *hours, *host;
	bool managed;
};

static const struct conf_field when_fields[] = {
#define NODE(name) \
	{ .key = #name, .type = CONF_NODE, .offset = offsetof(struct when, name) }
	NODE(groups), NODE(services), NODE(calls), NODE(recipients),
	NODE(classes), NODE(countries), NODE(contacts), NODE(confidence),
	NODE(method), NODE(transfer), NODE(hours), NODE(host),
	{ .key = "managed", .type = CONF_BOOL,
	    .offset = offsetof(struct when, managed) },
	{ .key = NULL }
#undef NODE
};

/* Words that stand for the values of an enum, in its order; "" is skipped. */
static const char *const class_words[] = { "A", "B", "C", "D", NULL };
static const char *const confidence_words[] = { "", "low", "medium", "high", NULL };
static const char *const method_words[] = { "", "endpoint", "size", "content", NULL };
static const char *const transfer_words[] = { "none", "ended", "conditional",
	"in_force", NULL };

static void
bit_read(const struct settings_load *load, const struct conf_node *node,
    const char *const *words, unsigned *bits)
{
	unsigned i;
	bool word = node->kind == CONF_SCALAR && node->text[0] != '\0';

	for (i = 0; word && words[i] != NULL; i++) {
		if (strcmp(node->text, words[i]) == 0) {
			*bits |= 1u << i;
			return;
		}
	}
	words += words[0][0] == '\0';
	conf_problem(load->problems, node, "'%s' is none of: %s, %s, %s%s%s",
	    node->text, words[0], words[1], words[2], words[3] ? ", " : "",
	    words[3] ? words[3] : "");
}

static void
bits_read(const struct settings_load *load, const struct conf_node *node,
    const char *const *words, unsigned *bits)
{
	size_t i;

	if (node == NULL)
		return;
	if (node->kind != CONF_LIST || node->count == 0)
		bit_read(load, node, words, bits);
	else
		for (i = 0; i < node->count; i++)
			bit_read(load, &node->items[i], words, bits);
}

static bool
number_read(const char **p, int64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)**p))
		return false;
	errno = 0;
	*value = strtoll(*p, &end, 10);
	*p = end;
	return errno == 0 && *value <= CONTACTS_MOST;
}

/* ">=20", ">20", "<=20", "<20", "20..500", "20". */
static bool
contacts_parse(const char *p, struct contact_bounds *bounds)
{
	bool more = *p == '>', less = *p == '<', equal;
	int64_t n;

	p += more || less;
	equal = (more || less) && *p == '=';
	p += equal;
	while (*p == ' ')
		p++;
	if (!number_read(&p, &n))
		return false;
	bounds->low = more ? n + !equal : less ? 0 : n;
	bounds->high = more ? CONTACTS_MANY : less ? n - !equal : n;
	if (!more && !less && strncmp(p, "..", 2) == 0) {
		p += 2;
		if (!number_read(&p, &bounds->high))
			return false;
	}
	return *p == '\0' && bounds->low <= bounds->high;
}

/* "Any of" one is that one; any of several is a rule each. NULL: a problem was added. */
static const struct conf_node *
only_one(const struct settings_load *load, const struct conf_node *node, const char *example)
{
	if (node->kind == CONF_LIST && node->count == 1)
		node = &node->items[0];
	if (node->kind == CONF_SCALAR)
		return node;
	conf_problem(load->problems, node, "one condition like %s is wanted here; "
	    "for another, write another rule", example);
	return NULL;
}

static void
contacts_read(const struct settings_load *load, const struct conf_node *node,
    struct contact_bounds *bounds)
{
	if (node != NULL)
		node = only_one(load, node, "\">=20\"");
	if (node == NULL)
		return;
	bounds->asked = true;
	bounds->text = node->text;
	if (!contacts_parse(node->text, bounds))
		conf_problem(load->problems, node, "'%s' is no number of contacts: "
		    "write \">=20\", \"<20\" or \"20..500\"", node->text);
}

static bool
minute_parse(const char *p, int *minute)
{
	int hour, min;

	if (!isdigit((unsigned char)p[0]) || !isdigit((unsigned char)p[1]) ||
	    p[2] != ':' || !isdigit((unsigned char)p[3]) ||
	    !isdigit((unsigned char)p[4]))
		return false;
	hour = (p[0] - '0') * 10 + p[1] - '0';
	min = (p[3] - '0') * 10 + p[4] - '0';
	*minute = hour * 60 + min;
	return min < 60 && *minute <= 24 * 60;
}

static void
hours_read(const struct settings_load *load, const struct conf_node *node,
    struct hours *hours)
{
	if (node != NULL)
		node = only_one(load, node, "\"08:00-18:00\"");
	if (node == NULL)
		return;
	hours->asked = true;
	hours->text = node->text;
	if (strlen(node->text) == 11 &&
	    minute_parse(node->text, &hours->from) && node->text[5] == '-' &&
	    minute_parse(node->text + 6, &hours->to) && hours->from != hours->to)
		return;
	conf_problem(load->problems, node,
	    "'%s' are no hours like \"08:00-18:00\"", node->text);
}

static void
countries_check(const struct settings_load *load, const struct conf_node *node)
{
	size_t i;

	for (i = 0; node->kind == CONF_LIST && i < node->count; i++)
		countries_check(load, &node->items[i]);
	if (node->kind == CONF_SCALAR && law_outside(load->rules, node->text,
	    rules_date(load->rules)) == OUTSIDE_UNKNOWN)
		conf_problem(load->problems, node, "'%s' is no country code: two "
		    "capital letters of ISO 3166-1 were expected", node->text);
}

static bool
pattern_is_host(const char *pattern)
{
	const char *name = pattern + (*pattern == '=');

	return *name != '\0' && *name != '.' && strlen(name) <= HOST_MAX &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789-_.") == strlen(name);
}

static void
hosts_check(const struct settings_load *load, const struct conf_node *node)
{
	size_t i;

	for (i = 0; node->kind == CONF_LIST && i < node->count; i++)
		hosts_check(load, &node->items[i]);
	if (node->kind == CONF_SCALAR && !pattern_is_host(node->text))
		conf_problem(load->problems, node, "'%s' is no host: write "
		    "example.org for it and all names below, \"=example.org\" "
		    "for it alone", node->text);
}

static void
lists_read(const struct settings_load *load, const struct when *when,
    struct rule *rule)
{
	const struct {
		const struct conf_node *node;
		const struct vocabulary *vocabulary;
		struct words *words;
	} rows[] = {
		{ when->groups, &vocabulary_groups, &rule->groups },
		{ when->services, &vocabulary_services, &rule->services },
		{ when->calls, &vocabulary_calls, &rule->calls },
		{ when->recipients, &vocabulary_recipients, &rule->recipients },
		{ when->countries, NULL, &rule->countries },
		{ when->host, NULL, &rule->hosts },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].node != NULL)
			words_read(load, rows[i].node, rows[i].vocabulary,
			    rows[i].words);
	}
	if (when->countries != NULL)
		countries_check(load, when->countries);
	if (when->host != NULL)
		hosts_check(load, when->host);
}

void
when_read(const struct settings_load *load, const struct conf_node *node,
    struct rule *rule)
{
	const struct conf_node *managed = conf_get(node, "managed");
	struct when when = { 0 };

	conf_bind(node, when_fields, &when, load->problems);
	lists_read(load, &when, rule);
	bits_read(load, when.classes, class_words, &rule->classes);
	bits_read(load, when.confidence, confidence_words, &rule->confidences);
	bits_read(load, when.method, method_words, &rule->methods);
	bits_read(load, when.transfer, transfer_words, &rule->transfers);
	contacts_read(load, when.contacts, &rule->contacts);
	hours_read(load, when.hours, &rule->hours);
	if (managed != NULL && !conf_is_null(managed))
		rule->managed = when.managed;
}
