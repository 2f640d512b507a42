/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of a request: RFC 9112 sections 3 and 5. Strict where two readers
 * could understand two different bodies; the rest is taken as it comes.
 */
#include "classifiers/http1.h"

#include <string.h>
#include <strings.h>

/* The methods that begin a flow of HTTP; WebDAV's and CardDAV's among them. */
static const char *const methods[] = {
	"GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "CONNECT",
	"TRACE", "PROPFIND", "PROPPATCH", "REPORT", "MKCOL", "COPY", "MOVE",
	"LOCK", "UNLOCK", "SEARCH", "ACL", "MKCALENDAR", "MKADDRESSBOOK"
};

enum interest
http1_request_sniff(const char *data, size_t len)
{
	enum interest interest = INTEREST_NO;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		size_t n = strlen(methods[i]);

		if (len > n && data[n] == ' ' && memcmp(data, methods[i], n) == 0)
			return INTEREST_YES;
		if (len <= n && memcmp(data, methods[i], len) == 0)
			interest = INTEREST_LATER;
	}
	return interest;
}

/* FNV-1a, 32 bits. */
static uint32_t
hash_text(const char *text, size_t len)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint8_t)text[i]) * 16777619u;
	return hash;
}

static void
host_set(struct http1_head *head, const char *text, size_t len)
{
	const char *colon = memrchr(text, ':', len);

	/* "[2001:db8::1]:80" has its port after the bracket. */
	if (colon != NULL && memchr(colon, ']', (size_t)(text + len - colon)) == NULL)
		len = (size_t)(colon - text);
	if (len == 0 || len > HOST_MAX)
		return;
	memcpy(head->host, text, len);
	head->host[len] = '\0';
}

/* absolute-form (RFC 9112 section 3.2.2): the target's host goes before Host. */
static void
target_host(struct http1_head *head, const char *target, size_t len)
{
	const char *host = memmem(target, len, "://", 3), *slash;
	const char *user;

	if (target[0] == '/' || host == NULL)
		return;
	host += 3;
	len -= (size_t)(host - target);
	slash = memchr(host, '/', len);
	if (slash != NULL)
		len = (size_t)(slash - host);
	user = memrchr(host, '@', len);
	if (user != NULL) {
		len -= (size_t)(user + 1 - host);
		host = user + 1;
	}
	host_set(head, host, len);
}

bool
http1_head_line(struct http1_head *head, const char *line, size_t len)
{
	const char *space = memchr(line, ' ', len);
	const char *last = memrchr(line, ' ', len);
	size_t method;

	memset(head, 0, sizeof(*head));
	if (space == NULL || last == space || len - (size_t)(last + 1 - line) != 8 ||
	    memcmp(last + 1, "HTTP/1.", 7) != 0)
		return false;
	method = (size_t)(space - line);
	head->method = hash_text(line, method);
	head->connect = method == 7 && memcmp(line, "CONNECT", 7) == 0;
	if (head->connect)
		host_set(head, space + 1, (size_t)(last - space - 1));
	else
		target_host(head, space + 1, (size_t)(last - space - 1));
	return true;
}

struct field { const char *value; size_t len; };

static void
field_host(struct http1_head *head, const struct field *field)
{
	if (head->host[0] == '\0')
		host_set(head, field->value, field->len);
}

/* One number, once. Lists, signs and repetitions are how requests are smuggled. */
static void
field_length(struct http1_head *head, const struct field *field)
{
	uint64_t length = 0;

	head->broken |= head->has_length || field->len == 0 || field->len > 18;
	head->has_length = true;
	for (size_t i = 0; i < field->len && !head->broken; i++) {
		if (field->value[i] < '0' || field->value[i] > '9')
			head->broken = true;
		length = length * 10 + (uint64_t)(field->value[i] - '0');
	}
	head->length = length;
}

static void
copy_lower(char *to, size_t size, const char *from, size_t len)
{
	size_t i;

	for (i = 0; i < len && i + 1 < size; i++)
		to[i] = from[i] >= 'A' && from[i] <= 'Z' ? (char)(from[i] | 0x20) :
		    from[i];
	to[i] = '\0';
}

static void
field_transfer(struct http1_head *head, const struct field *field)
{
	static const char chunked[] = "chunked";
	size_t n = sizeof(chunked) - 1;

	/* A body whose last coding is not chunked has no end (section 6.3). */
	head->broken |= head->has_transfer || field->len < n ||
	    strncasecmp(field->value + field->len - n, chunked, n) != 0;
	head->has_transfer = true;
	if (!head->broken && field->len > n)
		copy_lower(head->transfer, sizeof(head->transfer), field->value,
		    field->len - n);
}

static void
field_type(struct http1_head *head, const struct field *field)
{
	size_t len = field->len;
	const char *end = memchr(field->value, ';', len);

	if (end != NULL)
		len = (size_t)(end - field->value);
	while (len > 0 && (field->value[len - 1] == ' ' ||
	    field->value[len - 1] == '\t'))
		len--;
	copy_lower(head->media_type, sizeof(head->media_type), field->value, len);
}

static void
field_encoding(struct http1_head *head, const struct field *field)
{
	copy_lower(head->encoding, sizeof(head->encoding), field->value, field->len);
}

static void
field_upgrade(struct http1_head *head, const struct field *field)
{
	head->upgrade = field->len > 0;
}

static const struct {
	const char *name;
	void (*take)(struct http1_head *head, const struct field *field);
} fields[] = {
	{ "Host", field_host }, { "Content-Length", field_length },
	{ "Transfer-Encoding", field_transfer }, { "Content-Type", field_type },
	{ "Content-Encoding", field_encoding }, { "Upgrade", field_upgrade },
};

bool
http1_head_field(struct http1_head *head, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	struct field field;
	size_t name;

	/* obs-fold and blanks before the colon: section 5.1 and 5.2 forbid them. */
	if (colon == NULL || colon == line || line[0] == ' ' || line[0] == '\t' ||
	    colon[-1] == ' ' || colon[-1] == '\t')
		return false;
	name = (size_t)(colon - line);
	field.value = colon + 1;
	field.len = len - name - 1;
	while (field.len > 0 && (*field.value == ' ' || *field.value == '\t')) {
		field.value++;
		field.len--;
	}
	while (field.len > 0 && (field.value[field.len - 1] == ' ' ||
	    field.value[field.len - 1] == '\t'))
		field.len--;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strlen(fields[i].name) == name &&
		    strncasecmp(fields[i].name, line, name) == 0)
			fields[i].take(head, &field);
	return true;
}

void
http1_head_end(struct http1_head *head)
{
	if (head->has_length && head->has_transfer)
		head->broken = true;
	if (head->has_transfer)
		head->framing = LENGTH_CHUNKED;
	else if (head->has_length && head->length > 0)
		head->framing = LENGTH_KNOWN;
}
