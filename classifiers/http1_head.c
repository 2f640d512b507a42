/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of a request: RFC 9112 sections 3 and 5. Strict where two readers
 * could understand two different bodies; the rest is taken as it comes.
 */
#include "classifiers/http1.h"

#include <string.h>
#include <strings.h>

#include "core/digits.h"

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
	request_method_set(&head->facts, line, method);
	head->connect = method == 7 && memcmp(line, "CONNECT", 7) == 0;
	if (head->connect)
		request_host_set(&head->facts, space + 1, (size_t)(last - space - 1));
	else
		request_target_set(&head->facts, space + 1, (size_t)(last - space - 1));
	return true;
}

struct field { const char *value; size_t len; };

static void
field_host(struct http1_head *head, const struct field *field)
{
	if (head->facts.host[0] == '\0')
		request_host_set(&head->facts, field->value, field->len);
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
field_transfer(struct http1_head *head, const struct field *field)
{
	static const char chunked[] = "chunked";
	size_t n = sizeof(chunked) - 1;

	/* A body whose last coding is not chunked has no end (section 6.3). */
	head->broken |= head->has_transfer || field->len < n ||
	    strncasecmp(field->value + field->len - n, chunked, n) != 0;
	head->has_transfer = true;
	if (!head->broken && field->len > n)
		request_coding_set(head->facts.transfer, field->value, field->len - n);
}

static void
field_type(struct http1_head *head, const struct field *field)
{
	request_type_set(&head->facts, field->value, field->len);
}

static void
field_encoding(struct http1_head *head, const struct field *field)
{
	request_coding_set(head->facts.encoding, field->value, field->len);
}

static bool
field_is(const struct field *field, const char *text)
{
	return field->len == strlen(text) &&
	    strncasecmp(field->value, text, field->len) == 0;
}

static void
field_messages(struct http1_head *head, const struct field *field)
{
	request_coding_set(head->facts.messages, field->value, field->len);
}

static void
field_upgrade(struct http1_head *head, const struct field *field)
{
	if (field->len == 0)
		return;
	head->upgrade = field_is(field, "websocket") ? UPGRADE_WEBSOCKET :
	    field_is(field, "h2c") ? UPGRADE_HTTP2 : UPGRADE_OTHER;
}

static const struct {
	const char *name;
	void (*take)(struct http1_head *head, const struct field *field);
} fields[] = {
	{ "Host", field_host }, { "Content-Length", field_length },
	{ "Transfer-Encoding", field_transfer }, { "Content-Type", field_type },
	{ "Content-Encoding", field_encoding }, { "Upgrade", field_upgrade },
	{ "Grpc-Encoding", field_messages },
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

/* chunk-size in hexadecimal, then perhaps extensions (section 7.1). */
bool
http1_chunk_size(const char *line, size_t len, uint64_t *size)
{
	size_t at = 0;

	*size = 0;
	for (; at < len; at++) {
		int digit = hex_digit((unsigned char)line[at]);

		if (digit < 0)
			break;
		*size = *size << 4 | (uint64_t)digit;
	}
	return at > 0 && at <= 15 && (at == len || line[at] == ';' ||
	    line[at] == ' ' || line[at] == '\t');
}
