/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Multipart bodies (RFC 2046 section 5.1): the boundary is taken from the
 * first line, so that it is known whatever the carrier says. Each part goes
 * through a pipe of its own, with the type and the transfer encoding its head
 * names. A part of type application/http (RFC 9112 section 10.2) is one request
 * of a batch: behind the part's head comes the request's, then what it carries.
 */
#include "classifiers/body.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BOUNDARY_MAX 70		/* RFC 2046 section 5.1.1 */
#define LINE_MAX 512

enum place { IN_FIRST, IN_HEAD, IN_PART, IN_EPILOGUE };

struct multipart {
	struct parser parser;
	uint8_t place;		/* enum place */
	bool overlong;
	bool fresh;		/* nothing of the part was seen yet */
	bool cr;		/* a CR is held back: the delimiter's, or the part's */
	char mark[BOUNDARY_MAX + 4];	/* "\r\n--boundary" */
	uint8_t mark_len, matched;	/* bytes of it that stand at the end */
	char line[LINE_MAX];
	uint16_t len;
	char type[MEDIA_TYPE_MAX], encoding[2 * ENCODING_MAX];
	char coding[2 * ENCODING_MAX];	/* "quoted-printable" has sixteen letters */
	bool book;
	struct pipe *pipe;
};

static bool
multipart_sniff(const struct sample *sample)
{
	const char *text = sample->text, *end;

	if (sample->field || sample->len < 4)
		return false;
	if (text[0] != '-' || text[1] != '-')
		return false;
	end = memchr(text, '\n', sample->len);
	if (end == NULL || end - text > BOUNDARY_MAX + 4)
		return false;
	end++;
	return strncmp(sample->media_type, "multipart/", 10) == 0 ||
	    ((size_t)(text + sample->len - end) > 8 &&
	    strncasecmp(end, "Content-", 8) == 0);
}

static void
multipart_start(void *state, const struct sample *sample)
{
	(void)state;
	(void)sample;
}

/* The delimiter is CRLF, two hyphens and the boundary; a bare LF will do. */
static void
boundary_set(struct multipart *multi)
{
	if (multi->overlong || multi->len > BOUNDARY_MAX + 2)
		multi->len = BOUNDARY_MAX + 2;
	multi->mark[0] = '\n';
	memcpy(multi->mark + 1, multi->line, multi->len);
	multi->mark_len = (uint8_t)(multi->len + 1);
}

static void
head_begin(struct multipart *multi)
{
	multi->place = IN_HEAD;
	multi->type[0] = multi->encoding[0] = multi->coding[0] = '\0';
	multi->book = multi->parser.book;
}

static bool
field_is(const struct multipart *multi, const char *name, const char **value)
{
	size_t n = strlen(name);

	if (multi->len < n || strncasecmp(multi->line, name, n) != 0)
		return false;
	*value = multi->line + n;
	while (**value == ' ' || **value == '\t')
		(*value)++;
	return true;
}

static void
copy_token(char *to, size_t size, const char *from)
{
	size_t n = strcspn(from, "; \t");

	if (n >= size)
		n = size - 1;
	memcpy(to, from, n);
	to[n] = '\0';
}

/* form-data's field name says what a part is: name="contacts". */
static void
disposition(struct multipart *multi, const char *value)
{
	const char *name = strstr(value, "name=\""), *end;
	enum word word;

	if (name == NULL || (end = strchr(name + 6, '"')) == NULL)
		return;
	word = lexicon_word(name + 6, (size_t)(end - (name + 6)));
	multi->book |= word == WORD_BOOK || word == WORD_HASH;
}

static void
part_begin(struct multipart *multi)
{
	multi->place = IN_PART;
	/* The line end before the body is half of a delimiter. */
	multi->matched = 1;
	multi->fresh = true;
	multi->pipe = calloc(1, sizeof(*multi->pipe));
	if (multi->pipe == NULL)
		return;
	/* "8bit" and the like change nothing. */
	if (strcasecmp(multi->coding, "base64") != 0 &&
	    strcasecmp(multi->coding, "quoted-printable") != 0)
		multi->coding[0] = '\0';
	memcpy(multi->encoding, multi->coding, sizeof(multi->encoding));
	pipe_begin(multi->pipe, multi->parser.census, multi->type,
	    multi->encoding, multi->book);
}

static void
part_end(struct multipart *multi)
{
	if (multi->pipe == NULL)
		return;
	pipe_end(multi->pipe);
	explicit_bzero(multi->pipe, sizeof(*multi->pipe));
	free(multi->pipe);
	multi->pipe = NULL;
}

/* The head ends: of the part, or of the request that the part is. */
static void
head_end(struct multipart *multi)
{
	if (strcasecmp(multi->type, "application/http") != 0 ||
	    strcasecmp(multi->coding, "base64") == 0)
		part_begin(multi);
	/* The request's own fields say what it carries; its first line is none. */
	multi->type[0] = '\0';
}

/* A request without a body may lack the empty line as well. */
static bool
line_is_delimiter(const struct multipart *multi)
{
	size_t n = (size_t)multi->mark_len - 1;

	return multi->len >= n && memcmp(multi->line, multi->mark + 1, n) == 0;
}

static void
multipart_line(struct multipart *multi)
{
	const char *value;

	while (multi->len > 0 && multi->line[multi->len - 1] == '\r')
		multi->len--;
	multi->line[multi->len] = '\0';
	if (multi->place == IN_FIRST) {
		boundary_set(multi);
		head_begin(multi);
	} else if (multi->len == 0) {
		head_end(multi);
	} else if (line_is_delimiter(multi)) {
		head_begin(multi);
	} else if (field_is(multi, "Content-Type:", &value)) {
		copy_token(multi->type, sizeof(multi->type), value);
	} else if (field_is(multi, "Content-Transfer-Encoding:", &value)) {
		copy_token(multi->coding, sizeof(multi->coding), value);
	} else if (field_is(multi, "Content-Disposition:", &value)) {
		disposition(multi, value);
	}
	multi->len = 0;
	multi->overlong = false;
}

static size_t
line_run(struct multipart *multi, const char *data, size_t len)
{
	const char *stop = memchr(data, '\n', len);
	size_t run = stop ? (size_t)(stop - data) : len;
	size_t room = sizeof(multi->line) - 1 - multi->len;

	multi->overlong |= run > room;
	memcpy(multi->line + multi->len, data, run < room ? run : room);
	multi->len = (uint16_t)(multi->len + (run < room ? run : room));
	if (stop == NULL)
		return run;
	multipart_line(multi);
	return run + 1;
}

static void
part_add(struct multipart *multi, const char *data, size_t len)
{
	if (multi->pipe != NULL && len > 0)
		pipe_feed(multi->pipe, data, len);
}

/* The delimiter is complete: "--" after it ends all, else a head follows. */
static void
delimiter_end(struct multipart *multi, char next)
{
	part_end(multi);
	multi->matched = 0;
	multi->cr = false;
	if (next == '-') {
		multi->place = IN_EPILOGUE;
		return;
	}
	head_begin(multi);
	/* What is left of the delimiter's line is no field. */
	multi->len = 0;
	if (next != '\n')
		multi->line[multi->len++] = '-';
}

/* What was held back as a delimiter's beginning is the part's after all. */
static void
part_flush(struct multipart *multi)
{
	if (multi->cr)
		part_add(multi, "\r", 1);
	if (multi->matched > 0)
		part_add(multi, multi->mark + multi->fresh,
		    (size_t)multi->matched - multi->fresh);
	multi->fresh = multi->cr = false;
	multi->matched = 0;
}

/*
 * A delimiter begins with the line end before it; '\n' stands in it only
 * there, so a failed match begins anew at once.
 */
static size_t
part_run(struct multipart *multi, const char *data, size_t len)
{
	const char *stop;
	size_t run;

	if (multi->matched == multi->mark_len) {
		delimiter_end(multi, *data);
		return 1;
	}
	if (multi->matched > 0) {
		if (*data == multi->mark[multi->matched]) {
			multi->matched++;
			return 1;
		}
		part_flush(multi);
		return 0;
	}
	if (multi->cr && *data != '\n')
		part_flush(multi);
	stop = memchr(data, '\n', len);
	run = stop ? (size_t)(stop - data) : len;
	if (run > 0) {
		multi->cr = data[run - 1] == '\r';
		part_add(multi, data, run - multi->cr);
	}
	if (stop == NULL)
		return run;
	multi->matched = 1;
	return run + 1;
}

static void
multipart_feed(void *state, const char *data, size_t len)
{
	struct multipart *multi = state;

	while (len > 0) {
		size_t used = len;

		switch ((enum place)multi->place) {
		case IN_FIRST: case IN_HEAD:
			used = line_run(multi, data, len);
			break;
		case IN_PART:
			used = part_run(multi, data, len);
			break;
		case IN_EPILOGUE:
			break;
		}
		data += used;
		len -= used;
	}
}

static void
multipart_gap(void *state)
{
	struct multipart *multi = state;

	multi->matched = 0;
	multi->cr = false;
	if (multi->pipe != NULL)
		pipe_gap(multi->pipe);
}

static void
multipart_end(void *state)
{
	struct multipart *multi = state;

	part_end(multi);
	explicit_bzero(multi->line, sizeof(multi->line));
}

const struct format_row format_multipart = {
	FORMAT_MULTIPART, "multipart", sizeof(struct multipart), multipart_sniff,
	multipart_start, multipart_feed, multipart_gap, multipart_end
};
