/* SPDX-License-Identifier: Apache-2.0 */
#include "core/file.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/mem.h"

/* Reads to the end or to one byte over max. */
static char *
stream_read(FILE *in, size_t max, size_t *len)
{
	size_t room = 4096, used = 0, got;
	char *text = xcalloc(room + 1, 1);

	while ((got = fread(text + used, 1, room - used, in)) > 0) {
		used += got;
		if (used > max)
			break;
		if (used == room) {
			room *= 2;
			text = xrealloc(text, room + 1, 1);
		}
	}
	text[used] = '\0';
	*len = used;
	return text;
}

char *
file_read(const char *file, size_t max, size_t *len, struct problems *problems)
{
	FILE *in = fopen(file, "re");
	char *text = NULL;
	struct stat st;

	if (in == NULL) {
		problem_add(problems, file, 0, 0, "%s", strerror(errno));
		return NULL;
	}
	if (fstat(fileno(in), &st) == 0 && S_ISDIR(st.st_mode)) {
		problem_add(problems, file, 0, 0, "is a folder, not a file");
		goto out;
	}
	text = stream_read(in, max, len);
	if (ferror(in))
		problem_add(problems, file, 0, 0, "%s", strerror(errno));
	else if (*len > max)
		problem_add(problems, file, 0, 0, "is longer than %zu bytes", max);
	else
		goto out;
	free(text);
	text = NULL;
out:
	fclose(in);
	return text;
}

/* Bytes of the well-formed character at p (RFC 3629 section 4), 0 if none. */
static size_t
utf8_len(const uint8_t *p, size_t left)
{
	size_t len, i;

	if (p[0] < 0x80)
		return p[0] != 0;
	len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || len > left)
		return 0;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

const char *
utf8_bad(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text, *end = p + len;
	size_t n;

	while (p < end) {
		n = utf8_len(p, (size_t)(end - p));
		if (n == 0)
			return (const char *)p;
		p += n;
	}
	return NULL;
}

void
utf8_trim(char *text)
{
	const char *bad = utf8_bad(text, strlen(text));

	if (bad != NULL)
		text[bad - text] = '\0';
}
