/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of an Accept field, an organisation's name and a rule's name, then a
 * request to the gateway itself: whatever they hold, an answer is whole, its
 * head has no line that we did not write, and a name is no markup.
 */
#include <stdlib.h>
#include <string.h>

#include "proxy/refusal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next line, NUL-terminated, cut to fit. */
static void
line_take(const uint8_t **data, size_t *size, char *to, size_t room)
{
	const uint8_t *end = *size > 0 ? memchr(*data, '\n', *size) : NULL;
	size_t len = end ? (size_t)(end - *data) : *size, n = len < room ? len : room - 1;

	if (n > 0)
		memcpy(to, *data, n);
	to[n] = '\0';
	len += end != NULL;
	*data += len;
	*size -= len;
}

static size_t
count(const char *text, size_t len, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == c;
	return n;
}

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
refusal_check(const struct settings *settings, const struct settings *plain,
    const char *accept, const struct verdict *verdict)
{
	struct verdict other = { .rule = "r" };
	struct refusal refusal = refusal_make(settings, accept, verdict);
	struct refusal model = refusal_make(plain, accept, &other);

	check(refusal.body != NULL && strlen(refusal.body) == refusal.len);
	check(strcmp(refusal.media_type, model.media_type) == 0);
	/* The shape is ours alone: names add no line, and no tag. */
	if (verdict->rule[0] != '\0')
		check(count(refusal.body, refusal.len, '\n') == count(model.body, model.len, '\n'));
	if (strncmp(refusal.media_type, "text/html", 9) == 0 && verdict->rule[0] != '\0')
		check(count(refusal.body, refusal.len, '<') == count(model.body, model.len, '<'));
	free(refusal.body);
	free(model.body);
}

static void
notice_check(const struct settings *settings, const uint8_t *data, size_t size)
{
	size_t len;
	char *answer = notice_answer(settings, NULL, (const char *)data, size, &len), *end;

	check(answer != NULL && len > 12 && memcmp(answer, "HTTP/1.1 ", 9) == 0);
	end = memmem(answer, len, "\r\n\r\n", 4);
	check(end != NULL && count(answer, (size_t)(end - answer), '\n') <= 10);
	free(answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const languages[] = { "en", "nl", "de", "pl", "xx" };
	const char *language = languages[size % 5];
	char accept[512], name[256];
	struct verdict verdict = { .action = ACTION_BLOCK };
	struct settings settings = {
		.organisation = { name, "NL", language, "" }, .notice_since = DAY_NONE
	}, plain = { .organisation = { "n", "NL", language, "" } };

	line_take(&data, &size, accept, sizeof(accept));
	line_take(&data, &size, name, sizeof(name));
	line_take(&data, &size, verdict.rule, sizeof(verdict.rule));
	refusal_check(&settings, &plain, accept, &verdict);
	notice_check(&settings, data, size);
	return 0;
}
