/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives (PKWARE's APPNOTE 6.3.9) as they stream by: local headers and their
 * data, without the directory at the end. Spreadsheets are read by xlsx.c; any
 * other entry is a body of its own.
 */
#include "classifiers/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define HEAD_SIZE 30		/* section 4.3.7 */
#define NAME_MAX_LEN 128	/* longer names are none we know */
enum { METHOD_STORED = 0, METHOD_DEFLATE = 8 };
enum { FLAG_ENCRYPTED = 1, FLAG_SIZE_LATER = 8 };

enum place { IN_HEAD, IN_NAME, IN_EXTRA, IN_STORED, IN_DEFLATE, IN_SKIP, IN_SEEK,
	IN_DIRECTORY };

struct zip {
	struct parser parser;
	uint8_t place;		/* enum place */
	uint8_t head[HEAD_SIZE];
	char name[NAME_MAX_LEN + 1];
	size_t held;
	bool sized;		/* the header tells the size */
	uint32_t left;		/* bytes of this place still to come */
	uint16_t name_len, extra_len;
	uint8_t matched;	/* bytes of "PK" and a signature, when seeking */
	bool inflating;
	z_stream stream;
	enum format format;	/* of the entries before this one */
	uint64_t records;	/* in them */
	enum xlsx_part part;
	struct xlsx *xlsx;
	struct pipe *pipe;
};

static uint32_t
little(const uint8_t *data, size_t len)
{
	uint32_t value = 0;

	while (len-- > 0)
		value = value << 8 | data[len];
	return value;
}

static void
zip_unscanned(struct zip *zip, enum unscanned why)
{
	if (zip->parser.census->unscanned < 0)
		zip->parser.census->unscanned = (int)why;
}

/* ---- where an entry's bytes go -------------------------------------------------- */

/* Parts of office documents that hold no text of theirs. */
static bool
name_is_packing(const char *name)
{
	static const char *const heads[] = {
		"xl/", "_rels/", "docProps/", "[Content_Types]", "customXml/"
	};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (strncmp(name, heads[i], strlen(heads[i])) == 0)
			return true;
	return false;
}

static void
sink_open(struct zip *zip)
{
	struct census *census = zip->parser.census;

	zip->part = xlsx_part(zip->name);
	zip->format = census->format;
	zip->records = census->records;
	if (zip->part != XLSX_NONE) {
		if (zip->xlsx == NULL)
			zip->xlsx = xlsx_new(census);
		if (zip->xlsx != NULL)
			xlsx_begin(zip->xlsx, zip->part);
		if (census->depth == 1)
			census->format = FORMAT_XML;
	} else if (!name_is_packing(zip->name)) {
		zip->pipe = calloc(1, sizeof(*zip->pipe));
		if (zip->pipe == NULL)
			return;
		census->format = census->depth == 1 ? FORMAT_NONE : zip->format;
		pipe_begin(zip->pipe, census, "", "", zip->parser.book);
	}
}

static void
sink_add(struct zip *zip, const char *data, size_t len)
{
	if (zip->part != XLSX_NONE && zip->xlsx != NULL)
		xlsx_feed(zip->xlsx, data, len);
	else if (zip->pipe != NULL)
		pipe_feed(zip->pipe, data, len);
}

static void
sink_close(struct zip *zip)
{
	struct pipe *pipe = zip->pipe;
	struct census *census = zip->parser.census;

	if (zip->inflating)
		inflateEnd(&zip->stream);
	zip->inflating = false;
	zip->part = XLSX_NONE;
	zip->pipe = NULL;
	if (pipe == NULL)
		return;
	pipe_end(pipe);
	if (zip->format != FORMAT_NONE && census->records == zip->records)
		census->format = zip->format;
	explicit_bzero(pipe, sizeof(*pipe));
	free(pipe);
}

/* ---- headers --------------------------------------------------------------------- */

static void
next_entry(struct zip *zip)
{
	sink_close(zip);
	zip->place = IN_SEEK;
	zip->matched = 0;
}

static void
data_begin(struct zip *zip)
{
	unsigned flags = little(zip->head + 6, 2), method = little(zip->head + 8, 2);

	zip->left = little(zip->head + 18, 4);
	zip->sized = !(flags & FLAG_SIZE_LATER) && zip->left != UINT32_MAX;
	zip->place = zip->sized ? IN_SKIP : IN_SEEK;
	zip->matched = 0;
	if (flags & FLAG_ENCRYPTED) {
		zip_unscanned(zip, UNSCANNED_ENCRYPTED);
		return;
	}
	memset(&zip->stream, 0, sizeof(zip->stream));
	if (method == METHOD_DEFLATE && inflateInit2(&zip->stream, -15) == Z_OK) {
		zip->inflating = true;
		zip->place = IN_DEFLATE;
	} else if (method == METHOD_STORED && zip->sized && zip->left > 0) {
		zip->place = IN_STORED;
	} else {
		/* Nothing, or a method nobody uses here. */
		if (method != METHOD_STORED)
			zip_unscanned(zip, UNSCANNED_LIMIT);
		return;
	}
	sink_open(zip);
}

static void
head_end(struct zip *zip)
{
	zip->name_len = (uint16_t)little(zip->head + 26, 2);
	zip->extra_len = (uint16_t)little(zip->head + 28, 2);
	zip->held = 0;
	zip->name[0] = '\0';
	zip->left = zip->name_len;
	zip->place = IN_NAME;
}

static size_t
head_run(struct zip *zip, const char *data, size_t len)
{
	size_t n = HEAD_SIZE - zip->held;

	if (n > len)
		n = len;
	memcpy(zip->head + zip->held, data, n);
	zip->held += n;
	if (zip->held == HEAD_SIZE)
		head_end(zip);
	return n;
}

static size_t
name_run(struct zip *zip, const char *data, size_t len)
{
	size_t n = len < zip->left ? len : zip->left, room = NAME_MAX_LEN - zip->held;

	memcpy(zip->name + zip->held, data, n < room ? n : room);
	zip->held += n < room ? n : room;
	zip->name[zip->held] = '\0';
	zip->left -= (uint32_t)n;
	if (zip->left == 0) {
		zip->place = IN_EXTRA;
		zip->left = zip->extra_len;
	}
	return n;
}

/*
 * To the next "PK" with a signature: of a local header, or of the directory,
 * which ends the entries. Data descriptors are stepped over like this.
 */
static size_t
seek_run(struct zip *zip, const char *data, size_t len)
{
	static const uint8_t local[4] = { 'P', 'K', 3, 4 };
	const char *at;
	uint8_t c;

	if (zip->matched == 0) {
		at = memchr(data, 'P', len);
		if (at == NULL)
			return len;
		zip->matched = 1;
		return (size_t)(at - data) + 1;
	}
	c = (uint8_t)*data;
	if (zip->matched == 2 && (c == 1 || c == 5 || c == 6)) {
		zip->place = IN_DIRECTORY;
		return 1;
	}
	if (c != local[zip->matched]) {
		zip->matched = 0;
		return 0;
	}
	if (++zip->matched == sizeof(local)) {
		memcpy(zip->head, local, sizeof(local));
		zip->held = sizeof(local);
		zip->place = IN_HEAD;
	}
	return 1;
}

/* ---- data ------------------------------------------------------------------------ */

/* What is left of an entry that is given up on. */
static void
entry_skip(struct zip *zip, enum unscanned why)
{
	zip_unscanned(zip, why);
	sink_close(zip);
	zip->matched = 0;
	zip->place = zip->sized && zip->left > 0 ? IN_SKIP : IN_SEEK;
}

/* Inflates what is there. Returns zlib's answer, or Z_MEM_ERROR for a bomb. */
static int
inflate_run(struct zip *zip)
{
	char piece[PIECE_SIZE];
	z_stream *stream = &zip->stream;
	size_t most = 0, n;
	int status;

	do {
		stream->next_out = (Bytef *)piece;
		stream->avail_out = sizeof(piece);
		status = inflate(stream, Z_NO_FLUSH);
		n = sizeof(piece) - stream->avail_out;
		if (n > most)
			most = n;
		if (!census_pay(zip->parser.census, n))
			status = Z_MEM_ERROR;
		else
			sink_add(zip, piece, n);
	} while (status == Z_OK && (stream->avail_in > 0 || stream->avail_out == 0));
	explicit_bzero(piece, most);
	return status;
}

static size_t
deflate_run(struct zip *zip, const char *data, size_t len)
{
	size_t given = zip->sized && zip->left < len ? zip->left : len, used;
	int status;

	zip->stream.next_in = (Bytef *)(uintptr_t)data;
	zip->stream.avail_in = (uInt)given;
	status = inflate_run(zip);
	used = given - zip->stream.avail_in;
	if (zip->sized)
		zip->left -= (uint32_t)used;
	if (status == Z_STREAM_END)
		next_entry(zip);
	else if (status == Z_MEM_ERROR)
		entry_skip(zip, UNSCANNED_LIMIT);
	else if ((status != Z_OK && status != Z_BUF_ERROR) ||
	    (zip->sized && zip->left == 0))
		entry_skip(zip, UNSCANNED_CORRUPT);
	return used;
}

static size_t
stored_run(struct zip *zip, const char *data, size_t len)
{
	size_t n = len < zip->left ? len : zip->left;

	if (zip->place == IN_STORED)
		sink_add(zip, data, n);
	zip->left -= (uint32_t)n;
	if (zip->left > 0)
		return n;
	if (zip->place == IN_EXTRA)
		data_begin(zip);
	else
		next_entry(zip);
	return n;
}

static size_t
zip_run(struct zip *zip, const char *data, size_t len)
{
	switch ((enum place)zip->place) {
	case IN_HEAD:
		return head_run(zip, data, len);
	case IN_NAME:
		return name_run(zip, data, len);
	case IN_STORED: case IN_SKIP: case IN_EXTRA:
		return stored_run(zip, data, len);
	case IN_DEFLATE:
		return deflate_run(zip, data, len);
	case IN_SEEK:
		return seek_run(zip, data, len);
	case IN_DIRECTORY:
		break;
	}
	return len;
}

static void
zip_feed(void *state, const char *data, size_t len)
{
	struct zip *zip = state;

	while (len > 0) {
		size_t n = zip_run(zip, data, len);

		data += n;
		len -= n;
	}
}

static bool
zip_sniff(const struct sample *sample)
{
	return !sample->field && sample->len >= HEAD_SIZE &&
	    memcmp(sample->text, "PK\3\4", 4) == 0;
}

static void
zip_start(void *state, const struct sample *sample)
{
	(void)state;
	(void)sample;
}

static void
zip_gap(void *state)
{
	struct zip *zip = state;

	if (zip->place == IN_DEFLATE || zip->place == IN_STORED)
		zip_unscanned(zip, UNSCANNED_GAP);
	next_entry(zip);
}

static void
zip_end(void *state)
{
	struct zip *zip = state;

	/* The directory comes last: without it something is missing. */
	if (zip->place != IN_DIRECTORY)
		zip_unscanned(zip, UNSCANNED_CORRUPT);
	sink_close(zip);
	if (zip->xlsx != NULL)
		xlsx_end(zip->xlsx);
}

const struct format_row format_zip = {
	FORMAT_NONE, "zip", sizeof(struct zip), zip_sniff, zip_start, zip_feed,
	zip_gap, zip_end
};
