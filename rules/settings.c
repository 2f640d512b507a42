/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The organisation's configuration: sections, defaults, and what is opened.
 */
#include "rules/settings.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* Events are kept for a month, totals for two years, unless it is said otherwise. */
#define KEEP_EVENTS (INT64_C(30) * 86400)
#define KEEP_TOTALS (INT64_C(24) * 30 * 86400)

/* The top of the file, before its sections are looked into. */
struct top {
	const struct conf_node *organisation, *capture, *interception, *devices,
	    *groups, *inspect, *policy, *retention, *console;
};

/* The defaults of every key. */
static const struct settings defaults = {
	.organisation = { .name = "", .country = "", .language = "en", .dpo = "" },
	.store = "bookgate.db",
	.identity = -1,
	.bulk = BULK_THRESHOLD,
	.notice_since = DAY_NONE,
	.keep_events = KEEP_EVENTS,
	.keep_totals = KEEP_TOTALS,
};

static const char *const languages[] = { "en", "nl", "de", "pl", NULL };
static const char *const identities[] = { "address", "pseudonym", NULL };
static const char *const failures[] = { "open", "closed", NULL };

static const struct conf_field top_fields[] = {
#define NODE(name) \
	{ .key = #name, .type = CONF_NODE, .offset = offsetof(struct top, name) }
	NODE(organisation), NODE(capture), NODE(interception), NODE(devices),
	NODE(groups), NODE(inspect), NODE(policy), NODE(retention), NODE(console),
#undef NODE
	{ .key = NULL }
};

/* Scalars at the top, bound into the settings themselves. */
static const struct conf_field scalar_fields[] = {
#define FIELD(name, kind, ...) { .key = #name, .type = kind, \
	.offset = offsetof(struct settings, name), __VA_ARGS__ }
	FIELD(gateway, CONF_TEXT, .filled = true),
	FIELD(store, CONF_TEXT, .filled = true),
	FIELD(rules, CONF_TEXT, .filled = true),
	FIELD(identity, CONF_CHOICE, .choices = identities),
	FIELD(on_failure, CONF_CHOICE, .choices = failures),
	FIELD(bulk, CONF_INT, .min = 1, .max = 1000000),
	{ .key = NULL }
};

static const struct conf_field device_fields[] = {
	FIELD(leases, CONF_TEXT, .filled = true),
	FIELD(inventory, CONF_TEXT, .filled = true),
	{ .key = NULL }
};

/* Nothing is kept for no time at all: who writes 0 means something else. */
static const struct conf_field retention_fields[] = {
	{ .key = "events", .type = CONF_SPAN, .min = 1,
	    .offset = offsetof(struct settings, keep_events) },
	{ .key = "totals", .type = CONF_SPAN, .min = 1,
	    .offset = offsetof(struct settings, keep_totals) },
	{ .key = NULL }
};

static const struct conf_field console_fields[] = {
	{ .key = "listen", .type = CONF_TEXT, .filled = true,
	    .offset = offsetof(struct settings, console) },
	{ .key = NULL }
};

/* ---- sections ------------------------------------------------------------ */

struct organisation_nodes {
	const char *name, *country, *dpo;
	int language;
};

static const struct conf_field organisation_fields[] = {
#define PART(part, kind, ...) { .key = #part, .type = kind, \
	.offset = offsetof(struct organisation_nodes, part), __VA_ARGS__ }
	PART(name, CONF_TEXT),
	PART(country, CONF_TEXT),
	PART(dpo, CONF_TEXT),
	PART(language, CONF_CHOICE, .choices = languages),
	{ .key = NULL }
#undef PART
};

/* One '@', something before it, and a name with a dot behind it. */
static bool
mail_is_shaped(const char *text)
{
	const char *at = strchr(text, '@'), *dot;

	if (at == NULL || at == text || strchr(at + 1, '@') != NULL ||
	    strpbrk(text, " \t<>,;\"") != NULL)
		return false;
	dot = strrchr(at, '.');
	return dot != NULL && dot > at + 1 && dot[1] != '\0';
}

static void
organisation_read(struct settings_load *load, const struct conf_node *node)
{
	struct organisation *org = &load->settings->organisation;
	struct organisation_nodes n = { org->name, org->country, org->dpo, 0 };

	conf_bind(node, organisation_fields, &n, load->problems);
	*org = (struct organisation){ n.name, n.country, languages[n.language],
		n.dpo };
	if (n.country[0] != '\0' && law_outside(load->rules, n.country,
	    rules_date(load->rules)) == OUTSIDE_UNKNOWN)
		conf_problem(load->problems, conf_get(node, "country"),
		    "'%s' is no country code: two capital letters of ISO 3166-1 "
		    "were expected", n.country);
	if (n.dpo[0] != '\0' && !mail_is_shaped(n.dpo))
		conf_problem(load->problems, conf_get(node, "dpo"),
		    "'%s' is no mail address", n.dpo);
}

static void
capture_read(struct settings_load *load, const struct conf_node *node)
{
	static const struct conf_field fields[] = {
		{ .key = "interfaces", .type = CONF_NODE }, { .key = NULL }
	};
	const struct conf_node *list = NULL;
	struct words words = { 0 };

	conf_bind(node, fields, &list, load->problems);
	if (list == NULL)
		return;
	words_read(load, list, NULL, &words);
	words.list = xrealloc(words.list, words.count + 1, sizeof(*words.list));
	words.list[words.count] = NULL;
	load->settings->interfaces = words.list;
}

/* "127.0.0.1:8600", "[::1]:8600". */
static bool
listen_is_shaped(const char *text)
{
	char host[ADDR_TEXT_MAX + 2];
	struct addr addr;
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	char *end, *bare = host;
	long port;

	if (len == 0 || len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		bare++;
	}
	port = strtol(colon + 1, &end, 10);
	return addr_parse(bare, &addr) && (addr.family == 6) == (bare != host) &&
	    colon[1] >= '0' && colon[1] <= '9' && *end == '\0' && port >= 1 &&
	    port <= 65535;
}

static void
console_read(struct settings_load *load, const struct conf_node *node)
{
	struct settings *settings = load->settings;

	conf_bind(node, console_fields, settings, load->problems);
	if (settings->console != NULL && !listen_is_shaped(settings->console))
		conf_problem(load->problems, conf_get(node, "listen"),
		    "'%s' is no address and port like 127.0.0.1:8600",
		    settings->console);
}

static void
devices_read(struct settings_load *load, const struct conf_node *node)
{
	conf_bind(node, device_fields, load->settings, load->problems);
}

static void
retention_read(struct settings_load *load, const struct conf_node *node)
{
	conf_bind(node, retention_fields, load->settings, load->problems);
}

/* In the order of need: the policy and inspect name groups. */
static const struct {
	size_t offset;
	void (*read)(struct settings_load *load, const struct conf_node *node);
} sections[] = {
	{ offsetof(struct top, organisation), organisation_read },
	{ offsetof(struct top, capture), capture_read },
	{ offsetof(struct top, interception), interception_read },
	{ offsetof(struct top, devices), devices_read },
	{ offsetof(struct top, groups), groups_read },
	{ offsetof(struct top, inspect), inspect_read },
	{ offsetof(struct top, policy), policy_read },
	{ offsetof(struct top, retention), retention_read },
	{ offsetof(struct top, console), console_read },
};

#define TOP_FIELDS (sizeof(top_fields) / sizeof(top_fields[0]) - 1)
#define SCALAR_FIELDS (sizeof(scalar_fields) / sizeof(scalar_fields[0]))
#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

/* Sections and scalars of the top in one bind, so that every key is known. */
struct whole {
	struct top top;
	struct settings settings;
};

static void
top_read(struct settings_load *load, const struct conf_node *root,
    struct top *top)
{
	struct conf_field fields[TOP_FIELDS + SCALAR_FIELDS];
	struct whole whole = { .settings = *load->settings };
	size_t i;

	memcpy(fields, top_fields, TOP_FIELDS * sizeof(fields[0]));
	for (i = 0; i < TOP_FIELDS; i++)
		fields[i].offset += offsetof(struct whole, top);
	memcpy(fields + TOP_FIELDS, scalar_fields, sizeof(scalar_fields));
	for (i = TOP_FIELDS; i < TOP_FIELDS + SCALAR_FIELDS; i++)
		fields[i].offset += offsetof(struct whole, settings);
	conf_bind(root, fields, &whole, load->problems);
	*load->settings = whole.settings;
	*top = whole.top;
}

static void
settings_read(struct settings_load *load, const struct conf_node *root)
{
	const struct conf_node *node;
	struct top top;
	size_t i;

	top_read(load, root, &top);
	for (i = 0; i < SECTIONS; i++) {
		memcpy(&node, (char *)&top + sections[i].offset, sizeof(void *));
		if (node != NULL)
			sections[i].read(load, node);
	}
}

/* ---- loading ----------------------------------------------------------------- */

struct settings *
settings_load(const char *file, const struct rules *rules,
    struct problems *problems)
{
	struct settings *settings = xcalloc(1, sizeof(*settings));
	struct settings_load load = { settings, rules, problems };
	const size_t before = problems->count;

	*settings = defaults;
	settings->policy = xcalloc(1, sizeof(*settings->policy));
	if (file != NULL) {
		settings->doc = conf_load(file, problems);
		if (settings->doc != NULL)
			settings_read(&load, conf_root(settings->doc));
	}
	interception_finish(&load);
	if (problems->count == before)
		return settings;
	settings_free(settings);
	return NULL;
}

void
settings_free(struct settings *settings)
{
	size_t i;

	if (settings == NULL)
		return;
	for (i = 0; i < settings->group_count; i++)
		free((struct prefix *)settings->groups[i].networks);
	for (i = 0; i < settings->inspect_count; i++) {
		words_fini(&settings->inspect[i].groups);
		words_fini(&settings->inspect[i].services);
	}
	free(settings->groups);
	free(settings->inspect);
	free((const char **)settings->interfaces);
	interception_fini(settings);
	policy_free(settings->policy);
	conf_free(settings->doc);
	free(settings);
}

char *
settings_rules_folder(const char *file)
{
	struct problems ignored = { 0 };	/* settings_load() tells them */
	struct conf_doc *doc = conf_load(file, &ignored);
	const struct conf_node *node;
	char *folder = NULL;

	if (doc != NULL) {
		node = conf_get(conf_root(doc), "rules");
		if (node != NULL && node->kind == CONF_SCALAR && !conf_is_null(node))
			folder = xstrdup(node->text);
	}
	conf_free(doc);
	problems_fini(&ignored);
	return folder;
}

/* ---- questions ---------------------------------------------------------------- */

const char *
settings_group(const struct settings *settings, const struct addr *addr)
{
	const struct group *group;
	size_t g, n;

	for (g = 0; g < settings->group_count; g++) {
		group = &settings->groups[g];
		for (n = 0; n < group->count; n++) {
			if (prefix_has(&group->networks[n], addr))
				return group->name;
		}
	}
	return NULL;
}

bool
settings_inspects_service(const struct settings *settings, const char *service)
{
	size_t i;

	for (i = 0; i < settings->inspect_count; i++) {
		if (words_have(&settings->inspect[i].services, service))
			return true;
	}
	return false;
}
