/* SPDX-License-Identifier: Apache-2.0 */
/*
 * services.yaml becomes a table. Its grammar stands in README.md and at the
 * head of the file itself.
 */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "rules/calls.h"
#include "rules/services.h"

/* An index into the rules is 16 bits in struct flow, with 0 for none. */
#define SERVICES_MAX 4096
/* Bytes of one upload: more is a mistake in the file. */
#define BYTES_MAX (INT64_C(1) << 40)

/* In the order of enum shape; an upload of its own kind needs no name here. */
static const char *const shape_names[] = {
	"endpoint", "cdsi", "frames", "burst", "series", NULL
};
static const char *const confidence_names[] = {
	"none", "low", "medium", "high", NULL
};

struct file_draft {
	day_t updated;
	const struct conf_node *services;
};

struct service_draft {
	const char *id, *name, *recipient, *note;
	const struct conf_node *hosts, *media, *networks, *ports, *ndpi, *calls;
};

struct call_draft {
	const char *id, *recipient, *source;
	const struct conf_node *hosts, *not, *base, *per_contact, *stop, *requests;
	int64_t min_bytes, max_bytes;
	int shape, confidence;
};

#define FILE_FIELD(k, t, f, must) { .key = k, .type = t, .required = must, \
    .offset = offsetof(struct file_draft, f) }
#define SERVICE_FIELD(k, t, f, must) { .key = k, .type = t, .required = must, \
    .offset = offsetof(struct service_draft, f) }
#define CALL_FIELD(k, t, f, ...) { .key = k, .type = t, \
    .offset = offsetof(struct call_draft, f), __VA_ARGS__ }

static const struct conf_field file_fields[] = {
	FILE_FIELD("updated", CONF_DAY, updated, true),
	FILE_FIELD("services", CONF_NODE, services, true),
	{ .key = NULL }
};

static const struct conf_field service_fields[] = {
	SERVICE_FIELD("id", CONF_TEXT, id, true),
	SERVICE_FIELD("name", CONF_TEXT, name, true),
	SERVICE_FIELD("recipient", CONF_TEXT, recipient, true),
	SERVICE_FIELD("note", CONF_TEXT, note, false),
	SERVICE_FIELD("hosts", CONF_NODE, hosts, false),
	SERVICE_FIELD("media", CONF_NODE, media, false),
	SERVICE_FIELD("networks", CONF_NODE, networks, false),
	SERVICE_FIELD("ports", CONF_NODE, ports, false),
	SERVICE_FIELD("ndpi", CONF_NODE, ndpi, false),
	SERVICE_FIELD("calls", CONF_NODE, calls, false),
	{ .key = NULL }
};

static const struct conf_field call_fields[] = {
	CALL_FIELD("id", CONF_TEXT, id, .required = true),
	CALL_FIELD("recipient", CONF_TEXT, recipient, .required = false),
	CALL_FIELD("source", CONF_TEXT, source, .required = false),
	CALL_FIELD("hosts", CONF_NODE, hosts, .required = false),
	CALL_FIELD("not", CONF_NODE, not, .required = false),
	CALL_FIELD("requests", CONF_NODE, requests, .required = false),
	CALL_FIELD("shape", CONF_CHOICE, shape, .choices = shape_names),
	CALL_FIELD("base", CONF_NODE, base, .required = false),
	CALL_FIELD("per_contact", CONF_NODE, per_contact, .required = false),
	CALL_FIELD("min_bytes", CONF_INT, min_bytes, .max = BYTES_MAX),
	CALL_FIELD("max_bytes", CONF_INT, max_bytes, .max = BYTES_MAX),
	CALL_FIELD("stop_bytes", CONF_NODE, stop, .required = false),
	CALL_FIELD("confidence", CONF_CHOICE, confidence,
	    .choices = confidence_names),
	{ .key = NULL }
};

struct loader {
	struct rules *rules;
	struct services *services;
	struct problems *problems;
};

/* ---- values ----------------------------------------------------------------- */

static bool
loader_list(const struct loader *l, const struct conf_node *node)
{
	if (node->kind == CONF_LIST)
		return true;
	conf_problem(l->problems, node, "a list was expected");
	return false;
}

static bool
id_valid(const char *id)
{
	size_t len = strlen(id);

	if (len == 0 || len >= ID_MAX)
		return false;
	for (; *id != '\0'; id++)
		if (!islower((unsigned char)*id) && !isdigit((unsigned char)*id) &&
		    *id != '-' && *id != '_')
			return false;
	return true;
}

static bool
size_read(const struct conf_node *node, double *value)
{
	char *end;

	if (node->kind != CONF_SCALAR || node->text[0] == '\0')
		return false;
	*value = strtod(node->text, &end);
	return *end == '\0' && isfinite(*value) && *value >= 0 &&
	    *value <= (double)BYTES_MAX;
}

/* A list of `count` sizes that do not fall; "~" in the middle of three is 0. */
static bool
sizes_read(const struct loader *l, const struct conf_node *node, size_t count,
    double *sizes)
{
	double last = 0;

	if (!loader_list(l, node))
		return false;
	if (node->count != count) {
		conf_problem(l->problems, node, "%zu sizes were expected", count);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		sizes[i] = 0;
		if (i == 1 && count == 3 && conf_is_null(&node->items[i]))
			continue;
		if (!size_read(&node->items[i], &sizes[i]) || sizes[i] < last) {
			conf_problem(l->problems, &node->items[i],
			    "a size was expected, not smaller than the one before");
			return false;
		}
		last = sizes[i];
	}
	return true;
}

/*
 * The items of a list of patterns, after those of `more`, as a NULL-terminated
 * array; without a list, `more`. Both may be NULL.
 */
static const char *const *
patterns_join(const struct loader *l, const struct conf_node *node,
    const char *const *more)
{
	const char **list;
	size_t count = 0, known = 0;

	if (node == NULL || !loader_list(l, node))
		return more;
	while (more != NULL && more[known] != NULL)
		known++;
	list = services_own(l->services,
	    xcalloc(known + node->count + 1, sizeof(*list)));
	for (; count < known; count++)
		list[count] = more[count];
	for (size_t i = 0; i < node->count; i++) {
		const char *fault = host_pattern_fault(node->items[i].text);

		if (fault != NULL)
			conf_problem(l->problems, &node->items[i], "pattern '%s' %s",
			    node->items[i].text, fault);
		else
			list[count++] = node->items[i].text;
	}
	return list;
}

static const char *const *
patterns_read(const struct loader *l, const struct conf_node *node)
{
	return patterns_join(l, node, NULL);
}

/* Without any recipient their own file is at fault, and has been named. */
static bool
recipient_known(const struct loader *l, const char *id)
{
	return rules_recipient_count(l->rules) == 0 ||
	    rules_recipient_by_id(l->rules, id) != NULL;
}

/* ---- calls -------------------------------------------------------------------- */

static void
call_check(const struct loader *l, const struct conf_node *node,
    const struct call_draft *draft)
{
	bool linear = draft->shape == SHAPE_BURST || draft->shape == SHAPE_SERIES;

	if (!id_valid(draft->id))
		conf_problem(l->problems, node, "'%s' is no id of lower-case "
		    "letters, digits and '-'", draft->id);
	if (draft->recipient != NULL && !recipient_known(l, draft->recipient))
		conf_problem(l->problems, node,
		    "'%s' is no recipient of recipients.csv", draft->recipient);
	if (linear && draft->per_contact == NULL)
		conf_problem(l->problems, node,
		    "shape %s needs per_contact", shape_names[draft->shape]);
	if (draft->shape >= 0 && draft->source == NULL)
		conf_problem(l->problems, node,
		    "a size model needs its source: where do the figures come from?");
	if (draft->stop != NULL && draft->shape != SHAPE_BURST)
		conf_problem(l->problems, node, "stop_bytes belongs to shape burst");
	if (draft->max_bytes != 0 && draft->max_bytes < draft->min_bytes)
		conf_problem(l->problems, node, "max_bytes is below min_bytes");
}

static void
model_read(const struct loader *l, const struct call_draft *draft,
    struct size_model *model)
{
	double base[2] = { 0, 0 }, per[3] = { 0, 0, 0 }, stop[2] = { 0, 0 };

	if (draft->base != NULL && !sizes_read(l, draft->base, 2, base))
		return;
	if (draft->stop != NULL && !sizes_read(l, draft->stop, 2, stop))
		return;
	if (draft->per_contact != NULL) {
		if (!sizes_read(l, draft->per_contact, 3, per))
			return;
		if (per[0] < 1)
			conf_problem(l->problems, draft->per_contact,
			    "a contact takes at least one byte");
	}
	*model = (struct size_model){
		.shape = (enum shape)draft->shape,
		.base_low = base[0], .base_high = base[1],
		.per_low = per[0], .per_best = per[1], .per_high = per[2],
		.min_bytes = (uint64_t)draft->min_bytes,
		.max_bytes = (uint64_t)draft->max_bytes,
		.stop_low = (uint64_t)stop[0], .stop_high = (uint64_t)stop[1],
		.confidence = (enum confidence)draft->confidence,
	};
}

static void
call_load(const struct loader *l, const struct conf_node *node,
    const char *const *media, struct call *call)
{
	struct call_draft draft = { .shape = -1, .confidence = CONFIDENCE_LOW };

	if (!conf_bind(node, call_fields, &draft, l->problems))
		return;
	call_check(l, node, &draft);
	call->id = draft.id;
	call->recipient = draft.recipient;
	call->hosts = patterns_read(l, draft.hosts);
	call->except = patterns_join(l, draft.not, media);
	call->requests = call_requests_read(l->services, draft.requests, l->problems,
	    &call->request_count);
	call->has_model = draft.shape >= 0;
	if (call->has_model)
		model_read(l, &draft, &call->model);
}

static void
calls_load(const struct loader *l, const struct conf_node *list,
    const struct conf_node *media_node, struct service *service)
{
	const char *const *media = patterns_read(l, media_node);
	struct call *calls;

	if (list == NULL || !loader_list(l, list))
		return;
	calls = services_own(l->services, xcalloc(list->count + 1, sizeof(*calls)));
	for (size_t i = 0; i < list->count; i++)
		call_load(l, &list->items[i], media, &calls[i]);
	service->calls = calls;
	service->call_count = list->count;
}

/* ---- services ------------------------------------------------------------------ */

static void
hosts_load(const struct loader *l, const struct conf_node *list, size_t index)
{
	const char *const *patterns = patterns_read(l, list);

	for (size_t i = 0; patterns != NULL && patterns[i] != NULL; i++) {
		int32_t old = hosts_add(l->services->hosts, patterns[i],
		    (int32_t)index);

		if (old >= 0 && (size_t)old != index)
			conf_problem(l->problems, list,
			    "'%s' already belongs to service '%s'", patterns[i],
			    l->services->list[old].id);
	}
}

/* Ports as an array that services_fini() frees; *count stays 0 without any. */
static const uint16_t *
ports_read(const struct loader *l, const struct conf_node *list, size_t *count)
{
	uint16_t *ports;
	double port;

	*count = 0;
	if (list == NULL || !loader_list(l, list))
		return NULL;
	ports = services_own(l->services, xcalloc(list->count + 1, sizeof(*ports)));
	for (size_t i = 0; i < list->count; i++) {
		if (size_read(&list->items[i], &port) && port >= 1 && port <= 65535)
			ports[(*count)++] = (uint16_t)port;
		else
			conf_problem(l->problems, &list->items[i],
			    "'%s' is no port", list->items[i].text);
	}
	return ports;
}

static void
networks_load(const struct loader *l, const struct service_draft *draft,
    size_t index)
{
	size_t port_count;
	const uint16_t *ports = ports_read(l, draft->ports, &port_count);

	if (draft->networks == NULL || !loader_list(l, draft->networks))
		return;
	for (size_t i = 0; i < draft->networks->count; i++) {
		const struct conf_node *item = &draft->networks->items[i];
		struct prefix prefix;

		if (prefix_parse(item->text, &prefix))
			nets_add(l->services->nets, &prefix, ports, port_count,
			    (int32_t)index);
		else
			conf_problem(l->problems, item, "'%s' is no network; host "
			    "bits must be zero", item->text);
	}
}

static void
apps_load(const struct loader *l, const struct conf_node *list, size_t index)
{
	if (list == NULL || !loader_list(l, list))
		return;
	for (size_t i = 0; i < list->count; i++)
		service_names_add(&l->services->apps, list->items[i].text, index);
}

static void
service_load(const struct loader *l, const struct conf_node *node,
    struct service *service)
{
	struct service_draft draft = { 0 };

	service->id = service->name = service->recipient = "";
	if (!conf_bind(node, service_fields, &draft, l->problems))
		return;
	if (!id_valid(draft.id))
		conf_problem(l->problems, node, "'%s' is no id of lower-case "
		    "letters, digits and '-'", draft.id);
	if (!recipient_known(l, draft.recipient))
		conf_problem(l->problems, node,
		    "'%s' is no recipient of recipients.csv", draft.recipient);
	service->id = draft.id;
	service->name = draft.name;
	service->recipient = draft.recipient;
	service_names_add(&l->services->ids, draft.id, service->index);
	hosts_load(l, draft.hosts, service->index);
	networks_load(l, &draft, service->index);
	apps_load(l, draft.ndpi, service->index);
	calls_load(l, draft.calls, draft.media, service);
}

static void
names_unique_check(const struct loader *l, const struct service_names *names,
    const char *what)
{
	const char *file = conf_root(l->services->doc)->file;

	for (size_t i = 1; i < names->count; i++)
		if (strcmp(names->list[i - 1].name, names->list[i].name) == 0)
			problem_add(l->problems, file, 0, 0, "%s '%s' stands twice",
			    what, names->list[i].name);
}

static void
list_load(const struct loader *l, const struct conf_node *list)
{
	struct services *services = l->services;

	if (!loader_list(l, list))
		return;
	if (list->count > SERVICES_MAX) {
		conf_problem(l->problems, list, "more than %d services", SERVICES_MAX);
		return;
	}
	services->list = xcalloc(list->count + 1, sizeof(*services->list));
	for (size_t i = 0; i < list->count; i++) {
		services->list[i].index = (uint16_t)i;
		service_load(l, &list->items[i], &services->list[i]);
		services->count = i + 1;
	}
	service_names_sort(&services->ids);
	service_names_sort(&services->apps);
	names_unique_check(l, &services->ids, "service");
	names_unique_check(l, &services->apps, "nDPI name");
}

bool
services_read(struct rules *rules, struct conf_doc *doc,
    struct problems *problems)
{
	struct services *services = xcalloc(1, sizeof(*services));
	const struct loader l = { rules, services, problems };
	struct file_draft draft = { .updated = DAY_NONE };
	const size_t before = problems->count;

	rules->services = services;
	services->hosts = hosts_new();
	services->nets = nets_new();
	services->doc = doc;
	if (doc == NULL)
		return false;
	if (conf_bind(conf_root(doc), file_fields, &draft, problems))
		list_load(&l, draft.services);
	call_fields_publish(services);
	if (draft.updated > rules->date)
		rules->date = draft.updated;
	return problems->count == before;
}

bool
services_load(struct rules *rules, const char *folder,
    struct problems *problems)
{
	char *path = rules_path(folder, "services.yaml");
	struct conf_doc *doc = conf_load(path, problems);

	free(path);
	return services_read(rules, doc, problems);
}
