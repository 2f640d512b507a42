/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which call a request is: by method, path, query and media type. The path is
 * looked at here and goes no further; it may name a person.
 */
#include "rules/calls.h"

#include <ctype.h>
#include <string.h>

#include "core/mem.h"

/* Parameters one request may be asked for, and fields it may have. */
#define LIST_MAX 8

/* ---- reading ------------------------------------------------------------------ */

struct request_draft {
	const char *method, *path, *media;
	const struct conf_node *query, *fields;
	bool anywhere;
};

#define FIELD(k, t, f, must) { .key = k, .type = t, .required = must, \
    .offset = offsetof(struct request_draft, f) }

static const struct conf_field request_fields[] = {
	FIELD("method", CONF_TEXT, method, false),
	FIELD("path", CONF_TEXT, path, true),
	FIELD("query", CONF_NODE, query, false),
	FIELD("media", CONF_TEXT, media, false),
	FIELD("fields", CONF_NODE, fields, false),
	FIELD("anywhere", CONF_BOOL, anywhere, false),
	{ .key = NULL }
};

static bool
method_valid(const char *method)
{
	for (const char *p = method; *p != '\0'; p++)
		if (!isupper((unsigned char)*p) && *p != '-')
			return false;
	return method[0] != '\0';
}

static const char *const *
words_read(struct services *services, const struct conf_node *node,
    struct problems *problems)
{
	const char **list;
	size_t count = 0;

	if (node == NULL)
		return NULL;
	if (node->kind == CONF_MAP || node->count > LIST_MAX) {
		conf_problem(problems, node, "a word or a list of at most %d was "
		    "expected", LIST_MAX);
		return NULL;
	}
	list = services_own(services, xcalloc(node->count + 2, sizeof(*list)));
	if (node->kind == CONF_SCALAR)
		list[count++] = node->text;
	for (size_t i = 0; i < node->count; i++)
		list[count++] = node->items[i].text;
	for (size_t i = 0; i < count; i++)
		if (list[i][0] == '\0')
			conf_problem(problems, node, "an empty word");
	return list;
}

static void
request_read(struct services *services, const struct conf_node *node,
    struct problems *problems, struct call_request *request)
{
	struct request_draft draft = { .method = NULL };

	if (!conf_bind(node, request_fields, &draft, problems))
		return;
	if (draft.method != NULL && !method_valid(draft.method))
		conf_problem(problems, conf_get(node, "method"),
		    "'%s' is no method: it has capital letters", draft.method);
	if (draft.path[0] != '/' && draft.path[0] != '*')
		conf_problem(problems, conf_get(node, "path"),
		    "a path begins with '/' or '**'");
	if (strchr(draft.path, '?') != NULL)
		conf_problem(problems, conf_get(node, "path"),
		    "what follows '?' belongs under query");
	*request = (struct call_request){
		.method = draft.method, .path = draft.path, .media = draft.media,
		.query = words_read(services, draft.query, problems),
		.fields = words_read(services, draft.fields, problems),
		.anywhere = draft.anywhere,
	};
}

const struct call_request *
call_requests_read(struct services *services, const struct conf_node *list,
    struct problems *problems, size_t *count)
{
	const size_t before = problems->count;
	struct call_request *requests;

	*count = 0;
	if (list == NULL)
		return NULL;
	if (list->kind != CONF_LIST) {
		conf_problem(problems, list, "a list was expected");
		return NULL;
	}
	requests = services_own(services, xcalloc(list->count + 1, sizeof(*requests)));
	for (size_t i = 0; i < list->count; i++)
		request_read(services, &list->items[i], problems, &requests[i]);
	if (problems->count != before)
		return NULL;
	*count = list->count;
	return requests;
}

/* Adds the fields of a call; returns how many words there are now. */
static size_t
fields_add(const struct call *call, const char **words, size_t count)
{
	for (size_t i = 0; i < call->request_count; i++) {
		const char *const *field = call->requests[i].fields;

		for (; field != NULL && *field != NULL; field++)
			if (count < CONTACTS_WORDS_MAX)
				words[count++] = *field;
	}
	return count;
}

void
call_fields_publish(const struct services *services)
{
	const char *words[CONTACTS_WORDS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < services->count; i++)
		for (size_t j = 0; j < services->list[i].call_count; j++)
			count = fields_add(&services->list[i].calls[j], words, count);
	contacts_words_set(words, count);
}

/* ---- matching ------------------------------------------------------------------ */

struct text { const char *at; size_t len; };

/* One "*" or "**", and where to try it again one byte further on. */
struct star { const char *pattern; size_t at; };

static bool
same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * No recursion: only the last star of each kind is tried again. A "*" that
 * cannot step over "/" gives way to the "**" before it.
 */
bool
call_pattern_matches(const char *pattern, const char *text, size_t len)
{
	struct star narrow = { NULL, 0 }, wide = { NULL, 0 };
	size_t at = 0;

	for (;;) {
		if (*pattern == '*') {
			bool both = pattern[1] == '*';
			struct star *star = both ? &wide : &narrow;

			pattern += both ? 2 : 1;
			if (both)
				narrow.pattern = NULL;
			*star = (struct star){ pattern, at };
		} else if (at < len && same_letter(*pattern, text[at])) {
			pattern++;
			at++;
		} else if (at == len && *pattern == '\0') {
			return true;
		} else if (narrow.pattern != NULL && narrow.at < len &&
		    text[narrow.at] != '/') {
			at = ++narrow.at;
			pattern = narrow.pattern;
		} else if (wide.pattern != NULL && wide.at < len) {
			at = ++wide.at;
			pattern = wide.pattern;
			narrow.pattern = NULL;
		} else {
			return false;
		}
	}
}

static bool
text_matches(const char *pattern, struct text text)
{
	return call_pattern_matches(pattern, text.at, text.len);
}

/* Is one of the parameters of that form? */
static bool
query_holds(struct text query, const char *pattern)
{
	while (query.len > 0) {
		const char *end = memchr(query.at, '&', query.len);
		size_t n = end ? (size_t)(end - query.at) : query.len;

		if (call_pattern_matches(pattern, query.at, n))
			return true;
		n += end != NULL;
		query.at += n;
		query.len -= n;
	}
	return false;
}

/* "PUT /path?query" in its parts. */
struct request_parts { struct text method, path, query, media; };

static struct request_parts
request_split(const char *line, size_t len, const char *media_type)
{
	const char *space = memchr(line, ' ', len), *mark;
	struct request_parts parts = {
		{ "", 0 }, { "", 0 }, { "", 0 }, { media_type, strlen(media_type) }
	};

	if (space == NULL)
		return parts;
	parts.method = (struct text){ line, (size_t)(space - line) };
	parts.path = (struct text){ space + 1, len - parts.method.len - 1 };
	mark = memchr(parts.path.at, '?', parts.path.len);
	if (mark != NULL) {
		size_t n = (size_t)(mark - parts.path.at);

		parts.query = (struct text){ mark + 1, parts.path.len - n - 1 };
		parts.path.len = n;
	}
	return parts;
}

static bool
request_fits(const struct call_request *request, const struct request_parts *parts)
{
	if (request->method != NULL && !(parts->method.len == strlen(request->method) &&
	    memcmp(request->method, parts->method.at, parts->method.len) == 0))
		return false;
	if (!text_matches(request->path, parts->path))
		return false;
	if (request->media != NULL && !text_matches(request->media, parts->media))
		return false;
	for (size_t i = 0; request->query != NULL && request->query[i] != NULL; i++)
		if (!query_holds(parts->query, request->query[i]))
			return false;
	return true;
}

/* anywhere: only requests that say their service at any host. */
static const struct call *
service_call(const struct service *service, const char *host,
    const struct request_parts *parts, bool anywhere)
{
	for (size_t i = 0; i < service->call_count; i++) {
		const struct call *call = &service->calls[i];

		/* At a foreign host only a call without a list can be meant. */
		if (anywhere ? call->hosts != NULL : !call_covers(call, host))
			continue;
		for (size_t j = 0; j < call->request_count; j++)
			if ((!anywhere || call->requests[j].anywhere) &&
			    request_fits(&call->requests[j], parts))
				return call;
	}
	return NULL;
}

const struct call *
rules_call_by_request(const struct rules *rules, const struct service **service,
    const char *host, const char *line, size_t len, const char *media_type)
{
	const struct request_parts parts = request_split(line, len, media_type);
	const struct call *call;

	if (*service != NULL)
		return service_call(*service, host, &parts, false);
	for (size_t i = 0; i < rules->services->count; i++) {
		call = service_call(&rules->services->list[i], host, &parts, true);
		if (call != NULL) {
			*service = &rules->services->list[i];
			return call;
		}
	}
	return NULL;
}
