/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan: what contact data a file holds, as the detector sees a request body.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/appliance.h"
#include "appliance/options.h"
#include "classifiers/grpc.h"

/* Asked for at once: a tenth faster than 64 KiB, and still in the second cache. */
#define READ_SIZE ((size_t)256 << 10)
#define THRESHOLD_MAX 1000000000

static const char usage[] =
    "usage: bookgate scan [--type MEDIATYPE] [--encoding ENC] [--region CC]\n"
    "                     [--threshold N] FILE...\n"
    "Says what contact data each file holds (\"-\" is standard input), one JSON\n"
    "line a file. Type and encoding are what a carrier would say of the body;\n"
    "without them the content tells. The region (ISO 3166) is where national\n"
    "numbers belong. Exit: 0 done, 1 a file could not be read, 2 usage.\n";

struct scan {
	struct body_facts facts;
	int64_t threshold;
};

static json_t *
text_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *
count_or_null(int64_t count)
{
	return count == CONTACTS_UNKNOWN ? json_null() : json_integer(count);
}

static const char *
unscanned_text(int unscanned)
{
	return unscanned < 0 ? NULL : unscanned_name((enum unscanned)unscanned);
}

/* A name that is not UTF-8 is still a file's name. */
static json_t *
file_json(const char *file)
{
	json_t *text = json_string(file);

	return text ? text : json_string("(name is not UTF-8)");
}

static bool
scan_print(const struct scan *scan, const char *file, uint64_t bytes,
    const struct body_result *result)
{
	const struct contacts *contacts = &result->contacts;
	const struct identifiers *found = &result->identifiers;
	json_t *line = json_pack("{s:o, s:I, s:I, s:o, s:o, s:o,"
	    " s:{s:o, s:o, s:o}, s:{s:I, s:I, s:I, s:I, s:I}, s:b, s:s, s:o}",
	    "file", file_json(file), "bytes", (json_int_t)bytes,
	    "decoded_bytes", (json_int_t)result->decoded,
	    "media_type", text_or_null(scan->facts.media_type),
	    "encoding", text_or_null(scan->facts.encoding),
	    "format", text_or_null(format_name(result->format)),
	    "contacts", "low", count_or_null(contacts->low),
	    "best", count_or_null(contacts->best),
	    "high", count_or_null(contacts->high),
	    "identifiers", "phone", (json_int_t)found->phone,
	    "email", (json_int_t)found->email, "hash", (json_int_t)found->hash,
	    "name", (json_int_t)found->name, "vcard", (json_int_t)found->vcard,
	    "bulk", result->bulk, "reason", result->reason,
	    "unscanned", text_or_null(unscanned_text(result->unscanned)));
	char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	bool printed = text != NULL && puts(text) >= 0;

	free(text);
	json_decref(line);
	return printed;
}

/* The messages of gRPC are bodies each; --encoding is then theirs. */
static void
scan_feed(const struct scan *scan, struct grpc *grpc, struct body *body,
    const uint8_t *data, size_t len)
{
	struct body_facts message = scan->facts;

	if (!grpc_is(scan->facts.media_type)) {
		body_feed(body, data, len);
		return;
	}
	message.media_type = grpc_message_type(scan->facts.media_type);
	grpc_feed(grpc, body, &message, data, len);
}

/* Reads all of a descriptor into a body. False: errno says why. */
static bool
scan_read(const struct scan *scan, int fd, struct body *body, uint64_t *bytes)
{
	static uint8_t data[READ_SIZE];
	struct grpc grpc = { .broken = false };
	ssize_t n;

	*bytes = 0;
	while ((n = read(fd, data, sizeof(data))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		scan_feed(scan, &grpc, body, data, (size_t)n);
		*bytes += (uint64_t)n;
	}
	return true;
}

static int
scan_file(const struct scan *scan, const char *file)
{
	int fd = strcmp(file, "-") == 0 ? STDIN_FILENO :
	    open(file, O_RDONLY | O_CLOEXEC);
	struct body_result result;
	struct body *body;
	uint64_t bytes;
	bool read_all;

	if (fd < 0) {
		fprintf(stderr, "%s: %s\n", file, strerror(errno));
		return EXIT_INPUT;
	}
	body = body_new(&scan->facts, scan->threshold);
	if (body == NULL) {
		fprintf(stderr, "%s: %s\n", file, strerror(ENOMEM));
		if (fd != STDIN_FILENO)
			close(fd);
		return EXIT_RESOURCE;
	}
	read_all = scan_read(scan, fd, body, &bytes);
	if (!read_all)
		fprintf(stderr, "%s: %s\n", file, strerror(errno));
	if (fd != STDIN_FILENO)
		close(fd);
	body_end(body, &result);
	if (!read_all)
		return EXIT_INPUT;
	return scan_print(scan, file, bytes, &result) ? EXIT_DONE : EXIT_RESOURCE;
}

static bool
region_take(const struct option_row *row, void *to, const char *value)
{
	(void)row;
	*(const char **)to = value;
	return strlen(value) == 2;
}

#define AT(field) .to = offsetof(struct scan, field)

static const struct option_row rows[] = {
	{ "type", 0, option_text, AT(facts.media_type) },
	{ "encoding", 0, option_text, AT(facts.encoding) },
	{ "region", 0, region_take, AT(facts.region), .wanted = "a country of two letters, NL," },
	{ "threshold", 0, option_number, AT(threshold), .least = 1, .most = THRESHOLD_MAX },
	{ 0 }
};

int
scan_main(int argc, char **argv)
{
	const struct command_line line = { .name = "scan", .usage = usage, .rows = rows,
		.least = 1, .most = INT_MAX };
	struct scan scan = { { "", "", "" }, BULK_THRESHOLD };
	struct setup setup;
	int status = options_read(&line, &scan, argc, argv), worst;

	if (status >= 0)
		return status;
	/* The rules bring the numbering plan. */
	worst = setup_load(&setup, NULL);
	if (worst != EXIT_DONE)
		return worst;
	for (int i = optind; i < argc; i++) {
		status = scan_file(&scan, argv[i]);
		if (status > worst)
			worst = status;
	}
	setup_free(&setup);
	return worst;
}
