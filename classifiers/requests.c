/* SPDX-License-Identifier: Apache-2.0 */
/* What a request says of its body; the same words for every carrier. */
#include "classifiers/requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
text_set(char *to, size_t size, const char *text, size_t len)
{
	if (len >= size)
		len = size - 1;
	memcpy(to, text, len);
	to[len] = '\0';
}

static void
lower_set(char *to, size_t size, const char *text, size_t len)
{
	text_set(to, size, text, len);
	for (; *to != '\0'; to++)
		if (*to >= 'A' && *to <= 'Z')
			*to = (char)(*to | 0x20);
}

void
request_method_set(struct request_facts *facts, const char *text, size_t len)
{
	text_set(facts->method, sizeof(facts->method), text, len);
}

void
request_host_set(struct request_facts *facts, const char *text, size_t len)
{
	const char *colon = memrchr(text, ':', len);

	/* "[2001:db8::1]:80" has its port after the bracket. */
	if (colon != NULL && memchr(colon, ']', (size_t)(text + len - colon)) == NULL)
		len = (size_t)(colon - text);
	if (len == 0 || len > HOST_MAX)
		return;
	text_set(facts->host, sizeof(facts->host), text, len);
}

void
request_type_set(struct request_facts *facts, const char *text, size_t len)
{
	const char *end = memchr(text, ';', len);

	if (end != NULL)
		len = (size_t)(end - text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	lower_set(facts->media_type, sizeof(facts->media_type), text, len);
}

void
request_coding_set(char to[REQUEST_CODING_MAX], const char *text, size_t len)
{
	lower_set(to, REQUEST_CODING_MAX, text, len);
}

void
request_target_set(struct request_facts *facts, const char *text, size_t len)
{
	const char *host = memmem(text, len, "://", 3), *slash, *user;
	size_t n;

	if (len > 0 && text[0] != '/' && host != NULL) {
		/* absolute-form: its host goes before Host (section 3.2.2). */
		len -= (size_t)(host + 3 - text);
		text = host + 3;
		slash = memchr(text, '/', len);
		n = slash ? (size_t)(slash - text) : len;
		user = memrchr(text, '@', n);
		host = user ? user + 1 : text;
		request_host_set(facts, host, n - (size_t)(host - text));
		text += n;
		len -= n;
	}
	text_set(facts->path, sizeof(facts->path), text, len);
}

void
request_tell(const struct request_facts *facts, const struct task *task)
{
	struct observation seen = { .kind = OBSERVED_REQUEST };

	task->listener->observe(task->listener, &seen);
	if (facts->host[0] == '\0')
		return;
	seen = (struct observation){
		.kind = OBSERVED_HOST, .source = HOST_HTTP,
		.text = facts->host, .text_len = strlen(facts->host),
		.confidence = CONFIDENCE_HIGH
	};
	task->listener->observe(task->listener, &seen);
}

struct request_facts *
request_facts_new(const struct request_words *words)
{
	struct request_facts *facts = calloc(1, sizeof(*facts));

	if (facts == NULL)
		return NULL;
	request_method_set(facts, words->method, strlen(words->method));
	request_host_set(facts, words->host, strlen(words->host));
	request_target_set(facts, words->target, strlen(words->target));
	request_type_set(facts, words->media_type, strlen(words->media_type));
	request_coding_set(facts->encoding, words->encoding, strlen(words->encoding));
	request_coding_set(facts->transfer, words->transfer, strlen(words->transfer));
	request_coding_set(facts->messages, words->messages, strlen(words->messages));
	return facts;
}

void
request_facts_free(struct request_facts *facts)
{
	if (facts != NULL)
		explicit_bzero(facts, sizeof(*facts));
	free(facts);
}

const char *
request_facts_line(const struct request_facts *facts, char *text, size_t size)
{
	snprintf(text, size, "%s %s", facts->method, facts->path);
	return text;
}

const char *
request_facts_type(const struct request_facts *facts)
{
	return facts->media_type;
}
