/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heads of requests and answers: RFC 9112 sections 3 to 6. Lines end with
 * CR LF here (h1_scan() has seen to it), and one whole head is given at once.
 */
#include "proxy/h1_head.h"

#include <string.h>
#include <strings.h>

/* More digits than that is no length of anything (and would not fit). */
#define LENGTH_DIGITS_MAX 18

struct field {
	struct h1_text name, value;
};

static bool
text_within(struct h1_text text, unsigned letters)
{
	unsigned all = letters;

	for (size_t i = 0; i < text.len; i++)
		all &= h1_letters[(uint8_t)text.at[i]];
	return all != 0;
}

/* ---- fields ------------------------------------------------------------------ */

/* Takes the next line, without its end, off the head. */
static struct h1_text
line_take(struct h1_text *head)
{
	const char *end = memchr(head->at, '\n', head->len);
	struct h1_text line = { head->at, end ? (size_t)(end - head->at) : head->len };

	head->len -= line.len + (end != NULL);
	head->at += line.len + (end != NULL);
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

/*
 * name ":" blanks value blanks. A name is a token: so no blank before the colon,
 * and no line that goes on from the one before (sections 5.1 and 5.2). letters:
 * what a name may have; answers are known for brackets and the like.
 */
static bool
field_read(struct field *field, struct h1_text line, unsigned letters)
{
	const char *colon = memchr(line.at, ':', line.len);
	struct h1_text *value = &field->value;

	if (colon == NULL || colon == line.at)
		return false;
	field->name = (struct h1_text){ line.at, (size_t)(colon - line.at) };
	*value = (struct h1_text){ colon + 1, line.len - field->name.len - 1 };
	while (value->len > 0 && (*value->at == ' ' || *value->at == '\t')) {
		value->at++;
		value->len--;
	}
	while (value->len > 0 && (value->at[value->len - 1] == ' ' ||
	    value->at[value->len - 1] == '\t'))
		value->len--;
	return text_within(field->name, letters);
}

/* Digits only: no sign, no list, nothing twice (section 6.3 rule 5). */
static bool
length_read(struct h1_text text, uint64_t *length)
{
	uint64_t n = 0;

	if (text.len == 0 || text.len > LENGTH_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(text.at[i] - '0');
	}
	*length = n;
	return true;
}

/* ---- requests: the first line ----------------------------------------------------- */

/* "HTTP/1.1" or "HTTP/1.0", to the letter (section 2.3). */
static bool
version_read(const char *at, bool *old)
{
	*old = at[7] == '0';
	return memcmp(at, "HTTP/1.", 7) == 0 && (at[7] == '0' || at[7] == '1');
}

static bool
target_suits(const struct h1_request *request)
{
	struct h1_text target = request->target;

	if (request->connect)
		return text_within(target, H1_HOST) &&
		    memchr(target.at, ':', target.len) != NULL;
	if (target.at[0] == '*')
		return target.len == 1 && h1_text_is(request->method, "OPTIONS");
	return text_within(target, H1_TARGET) && (target.at[0] == '/' ||
	    memmem(target.at, target.len, "://", 3) != NULL);
}

static bool
request_line(struct h1_request *request, struct h1_text line)
{
	const char *blank = memchr(line.at, ' ', line.len);
	const char *last = memrchr(line.at, ' ', line.len);

	if (blank == NULL || last - blank < 2 ||
	    (size_t)(line.at + line.len - last) != sizeof("HTTP/1.1") ||
	    !version_read(last + 1, &request->old))
		return false;
	request->method = (struct h1_text){ line.at, (size_t)(blank - line.at) };
	request->target = (struct h1_text){ blank + 1, (size_t)(last - blank - 1) };
	/* Methods have case (RFC 9110 section 9.1): "head" is none that we know. */
	request->head = request->method.len == 4 && memcmp(line.at, "HEAD", 4) == 0;
	request->connect = request->method.len == 7 && memcmp(line.at, "CONNECT", 7) == 0;
	return request->method.len > 0 && text_within(request->method, H1_TOKEN) &&
	    target_suits(request);
}

/* ---- requests: fields ---------------------------------------------------------------- */

static bool
take_host(struct h1_request *request, struct h1_text value)
{
	request->host = value;
	return ++request->hosts == 1 && text_within(value, H1_HOST);
}

static bool
take_length(struct h1_request *request, struct h1_text value)
{
	return ++request->lengths == 1 && length_read(value, &request->length);
}

/* "chunked", or one coding that is known and then "chunked". */
static bool
take_transfer(struct h1_request *request, struct h1_text value)
{
	static const char *const codings[] = {
		"gzip", "x-gzip", "deflate", "compress", "x-compress"
	};
	const char *comma = memchr(value.at, ',', value.len);
	struct h1_text coding = { value.at, comma ? (size_t)(comma - value.at) : 0 };

	if (++request->transfers > 1)
		return false;
	if (comma == NULL)
		return h1_text_is(value, "chunked");
	while (coding.len > 0 && coding.at[coding.len - 1] == ' ')
		coding.len--;
	for (comma++; *comma == ' ';)
		comma++;
	value.len -= (size_t)(comma - value.at);
	value.at = comma;
	request->transfer = coding;
	for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++)
		if (h1_text_is(coding, codings[i]))
			return h1_text_is(value, "chunked");
	return false;
}

static bool
take_expect(struct h1_request *request, struct h1_text value)
{
	request->expect |= h1_text_is(value, "100-continue");
	return true;
}

static bool
take_connection(struct h1_request *request, struct h1_text value)
{
	request->close |= h1_text_has(value, "close");
	request->keep_alive |= h1_text_has(value, "keep-alive");
	return true;
}

/* A field is looked at, or kept as it is. */
static const struct request_row {
	const char *name;
	size_t len;
	bool (*take)(struct h1_request *request, struct h1_text value);
	size_t keep;			/* without take: where */
} request_rows[] = {
#define TAKE(name, take) { name, sizeof(name) - 1, take, 0 }
#define KEEP(name, field) \
	{ name, sizeof(name) - 1, NULL, offsetof(struct h1_request, field) }
	TAKE("Host", take_host), TAKE("Content-Length", take_length),
	TAKE("Transfer-Encoding", take_transfer), KEEP("Content-Type", media_type),
	KEEP("Content-Encoding", encoding), KEEP("Accept", accept),
	TAKE("Connection", take_connection), TAKE("Expect", take_expect),
	KEEP("Upgrade", upgrade), KEEP("Grpc-Encoding", messages),
};

static bool
row_take(const struct request_row *row, struct h1_request *request, struct h1_text value)
{
	if (row->take != NULL)
		return row->take(request, value);
	*(struct h1_text *)((char *)request + row->keep) = value;
	return true;
}

static bool
request_field(struct h1_request *request, const struct field *field)
{
	const struct request_row *row = request_rows;
	const struct request_row *end = row + sizeof(request_rows) / sizeof(request_rows[0]);

	if (!text_within(field->value, H1_VALUE))
		return false;
	for (; row < end; row++)
		if (row->len == field->name.len &&
		    strncasecmp(row->name, field->name.at, row->len) == 0)
			return row_take(row, request, field->value);
	return true;
}

/* ---- requests: what the fields mean together --------------------------------------------- */

/* The name without the port that its scheme has anyway. */
static struct h1_text
host_bare(struct h1_text host)
{
	static const char *const ports[] = { ":443", ":80" };

	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(ports[i]);

		if (host.len > n && memcmp(host.at + host.len - n, ports[i], n) == 0) {
			host.len -= n;
			break;
		}
	}
	return host;
}

/* absolute-form (section 3.2.2): its authority must be the one of Host. */
static bool
target_agrees(const struct h1_request *request)
{
	struct h1_text target = request->target, host = host_bare(request->host);
	size_t scheme = 0, n = 0;

	if (request->connect || target.at[0] == '/' || target.at[0] == '*')
		return true;
	if (target.len > 7 && strncasecmp(target.at, "http://", 7) == 0)
		scheme = 7;
	else if (target.len > 8 && strncasecmp(target.at, "https://", 8) == 0)
		scheme = 8;
	if (scheme == 0 || request->hosts == 0)
		return false;
	target.at += scheme;
	target.len -= scheme;
	while (n < target.len && strchr("/?#", target.at[n]) == NULL)
		n++;
	target = host_bare((struct h1_text){ target.at, n });
	return target.len == host.len && strncasecmp(target.at, host.at, host.len) == 0;
}

static bool
request_settle(struct h1_request *request)
{
	/* Both lengths, or chunks in a version that has none (section 6.1). */
	if (request->transfers && (request->lengths || request->old))
		return false;
	if (request->hosts == 0 && !request->old)
		return false;
	if (request->transfers)
		request->framing = H1_CHUNKED;
	else if (request->length > 0)
		request->framing = H1_LENGTH;
	/* A tunnel has no body before it (RFC 9110 section 9.3.6). */
	if (request->connect && request->framing != H1_NO_BODY)
		return false;
	/* Version 1.0 knows neither (RFC 9110 sections 7.8 and 10.1.1). */
	if (request->old) {
		request->expect = false;
		request->upgrade.at = NULL;
	}
	return target_agrees(request);
}

bool
h1_request_read(struct h1_request *request, const char *data, size_t len)
{
	struct h1_text head = { data, len }, line = line_take(&head);
	struct field field;

	memset(request, 0, sizeof(*request));
	while (line.len == 0 && head.len > 0)
		line = line_take(&head);
	if (!request_line(request, line))
		return false;
	for (line = line_take(&head); line.len > 0; line = line_take(&head))
		if (!field_read(&field, line, H1_TOKEN) || !request_field(request, &field))
			return false;
	return request_settle(request);
}

/* ---- answers ------------------------------------------------------------------------------- */

/* "HTTP/1.1 200 OK"; the blank behind the status is often forgotten (section 4). */
static bool
status_line(struct h1_answer *answer, struct h1_text line)
{
	if (line.len < 12 || !version_read(line.at, &answer->old) || line.at[8] != ' ' ||
	    (line.len > 12 && line.at[12] != ' '))
		return false;
	for (size_t i = 9; i < 12; i++) {
		if (line.at[i] < '0' || line.at[i] > '9')
			return false;
		answer->status = answer->status * 10 + (unsigned)(line.at[i] - '0');
	}
	return answer->status >= 100 && memchr(line.at, '\0', line.len) == NULL &&
	    memchr(line.at, '\r', line.len) == NULL;
}

static bool
answer_length(struct h1_answer *answer, struct h1_text value)
{
	uint64_t length;

	/* The same number again has one meaning. */
	if (!length_read(value, &length) || (answer->lengths++ && length != answer->length))
		return false;
	answer->length = length;
	return true;
}

static bool
answer_transfer(struct h1_answer *answer, struct h1_text value)
{
	const char *comma = memrchr(value.at, ',', value.len);

	if (comma != NULL) {
		value.len -= (size_t)(comma + 1 - value.at);
		value.at = comma + 1;
	}
	answer->chunked = h1_text_has(value, "chunked");
	return ++answer->transfers == 1;
}

static bool
answer_field(struct h1_answer *answer, const struct field *field)
{
	if (memchr(field->value.at, '\0', field->value.len) != NULL ||
	    memchr(field->value.at, '\r', field->value.len) != NULL)
		return false;
	if (h1_text_is(field->name, "Content-Length"))
		return answer_length(answer, field->value);
	if (h1_text_is(field->name, "Transfer-Encoding"))
		return answer_transfer(answer, field->value);
	if (h1_text_is(field->name, "Upgrade"))
		answer->upgrade = field->value;
	else if (h1_text_is(field->name, "Sec-WebSocket-Extensions"))
		answer->extensions = field->value;
	return true;
}

/* Section 6.3, in its order. */
static bool
answer_settle(struct h1_answer *answer, bool head, bool connect)
{
	if (connect && answer->status / 100 == 2)
		answer->framing = H1_TUNNEL;
	else if (head || answer->status < 200 || answer->status == 204 ||
	    answer->status == 304)
		answer->framing = H1_NO_BODY;
	else if (answer->transfers && (answer->lengths || answer->old))
		return false;
	else if (answer->transfers)
		answer->framing = answer->chunked ? H1_CHUNKED : H1_UNTIL_CLOSE;
	else if (answer->lengths)
		answer->framing = answer->length > 0 ? H1_LENGTH : H1_NO_BODY;
	else
		answer->framing = H1_UNTIL_CLOSE;
	return true;
}

bool
h1_answer_read(struct h1_answer *answer, const char *data, size_t len, bool head,
    bool connect)
{
	struct h1_text text = { data, len }, line = line_take(&text);
	struct field field;

	memset(answer, 0, sizeof(*answer));
	if (!status_line(answer, line))
		return false;
	for (line = line_take(&text); line.len > 0; line = line_take(&text))
		if (!field_read(&field, line, H1_TARGET) || !answer_field(answer, &field))
			return false;
	return answer_settle(answer, head, connect);
}
