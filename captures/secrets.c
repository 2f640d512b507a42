/* SPDX-License-Identifier: Apache-2.0 */
#include "captures/secrets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "core/digits.h"
#include "core/log.h"
#include "core/mem.h"

#define BUCKETS_MIN 256u

struct secrets {
	const struct secrets *base;	/* asked after this one; not owned */
	struct session_secrets **buckets;
	uint32_t mask;
	uint64_t seed[4];		/* a sender must not choose our buckets */
	size_t count, left_out, bad;
};

/* One key log being read. */
struct reading {
	struct secrets *secrets;
	const char *name;
	size_t line, bad;
};

/* ---- the table ---- */

struct secrets *
secrets_new(const struct secrets *base)
{
	struct secrets *secrets = xcalloc(1, sizeof(*secrets));

	secrets->base = base;
	secrets->buckets = xcalloc(BUCKETS_MIN, sizeof(struct session_secrets *));
	secrets->mask = BUCKETS_MIN - 1;
	random_bytes(secrets->seed, sizeof(secrets->seed));
	return secrets;
}

void
secrets_free(struct secrets *secrets)
{
	struct session_secrets *session, *chain;

	if (secrets == NULL)
		return;
	for (uint32_t i = 0; i <= secrets->mask; i++) {
		for (session = secrets->buckets[i]; session != NULL; session = chain) {
			chain = session->chain;
			explicit_bzero(session, sizeof(*session));
			free(session);
		}
	}
	free(secrets->buckets);
	free(secrets);
}

static uint32_t
random_hash(const struct secrets *secrets, const uint8_t random[CLIENT_RANDOM_LEN])
{
	uint64_t word[4], hash = 0;

	memcpy(word, random, sizeof(word));
	for (int i = 0; i < 4; i += 2) {
		__uint128_t product = (__uint128_t)(word[i] ^ secrets->seed[i]) *
		    (word[i + 1] ^ secrets->seed[i + 1]);

		hash ^= (uint64_t)product ^ (uint64_t)(product >> 64);
	}
	return (uint32_t)(hash ^ hash >> 32);
}

static struct session_secrets *
table_find(const struct secrets *secrets, const uint8_t random[CLIENT_RANDOM_LEN])
{
	struct session_secrets *session;

	session = secrets->buckets[random_hash(secrets, random) & secrets->mask];
	while (session != NULL && memcmp(session->random, random, CLIENT_RANDOM_LEN) != 0)
		session = session->chain;
	return session;
}

static void
table_grow(struct secrets *secrets)
{
	uint32_t mask = 2 * secrets->mask + 1;
	struct session_secrets **buckets = xcalloc((size_t)mask + 1, sizeof(*buckets));

	for (uint32_t i = 0; i <= secrets->mask; i++) {
		struct session_secrets *session = secrets->buckets[i], *chain;

		for (; session != NULL; session = chain) {
			uint32_t at = random_hash(secrets, session->random) & mask;

			chain = session->chain;
			session->chain = buckets[at];
			buckets[at] = session;
		}
	}
	free(secrets->buckets);
	secrets->buckets = buckets;
	secrets->mask = mask;
}

/* NULL when there are too many. */
static struct session_secrets *
table_get(struct secrets *secrets, const uint8_t random[CLIENT_RANDOM_LEN])
{
	struct session_secrets *session = table_find(secrets, random);
	uint32_t at;

	if (session != NULL)
		return session;
	if (secrets->count >= SECRETS_SESSIONS_MAX) {
		secrets->left_out++;
		return NULL;
	}
	if (secrets->count > secrets->mask)
		table_grow(secrets);
	session = xcalloc(1, sizeof(*session));
	memcpy(session->random, random, CLIENT_RANDOM_LEN);
	at = random_hash(secrets, random) & secrets->mask;
	session->chain = secrets->buckets[at];
	secrets->buckets[at] = session;
	secrets->count++;
	return session;
}

const struct session_secrets *
secrets_find(const struct secrets *secrets, const uint8_t random[CLIENT_RANDOM_LEN])
{
	const struct session_secrets *session = NULL;

	for (; secrets != NULL && session == NULL; secrets = secrets->base)
		session = table_find(secrets, random);
	return session;
}

size_t
secrets_count(const struct secrets *secrets)
{
	size_t count = 0;

	for (; secrets != NULL; secrets = secrets->base)
		count += secrets->count;
	return count;
}

size_t
secrets_bad_lines(const struct secrets *secrets)
{
	return secrets->bad;
}

/* ---- lines ---- */

struct label_row {
	const char *name;
	int label;			/* enum secret_label, or -1: read over */
};

/*
 * The first row that a label begins with holds. What needs no message:
 * exporters and ECH open no records here; QUIC is another transport; RSA lines
 * name no client random; later traffic secrets follow from the first.
 */
static const struct label_row labels[] = {
	{ "CLIENT_RANDOM", SECRET_MASTER },
	{ "CLIENT_EARLY_TRAFFIC_SECRET", SECRET_CLIENT_EARLY },
	{ "CLIENT_HANDSHAKE_TRAFFIC_SECRET", SECRET_CLIENT_HANDSHAKE },
	{ "SERVER_HANDSHAKE_TRAFFIC_SECRET", SECRET_SERVER_HANDSHAKE },
	{ "CLIENT_TRAFFIC_SECRET_0", SECRET_CLIENT_TRAFFIC },
	{ "SERVER_TRAFFIC_SECRET_0", SECRET_SERVER_TRAFFIC },
	{ "CLIENT_TRAFFIC_SECRET_", -1 },
	{ "SERVER_TRAFFIC_SECRET_", -1 },
	{ "EARLY_EXPORTER_", -1 },
	{ "EXPORTER_SECRET", -1 },
	{ "ECH_", -1 },
	{ "QUIC_", -1 },
	{ "RSA ", -1 },
};

/* Reads hex up to a space or the end. Returns the bytes read, or -1. */
static int
hex_take(const uint8_t **at, const uint8_t *end, uint8_t *out, size_t room)
{
	size_t len = 0;

	for (; *at < end && **at != ' '; *at += 2) {
		int high = hex_digit((*at)[0]), low;

		if (high < 0 || end - *at < 2 || len == room)
			return -1;
		low = hex_digit((*at)[1]);
		if (low < 0)
			return -1;
		out[len++] = (uint8_t)(high << 4 | low);
	}
	return (int)len;
}

/* A master secret has 48 bytes, a traffic secret its hash's 32 or 48. */
static bool
secret_len_fits(int label, int len)
{
	return len == SECRET_MAX || (len == 32 && label != SECRET_MASTER);
}

/* NULL: no known label begins the line. */
static const struct label_row *
label_find(const uint8_t *line, size_t len)
{
	const uint8_t *space = memchr(line, ' ', len);

	for (size_t i = 0; space != NULL && i < sizeof(labels) / sizeof(labels[0]); i++) {
		size_t name_len = strlen(labels[i].name), label_len = (size_t)(space - line);

		if (memcmp(labels[i].name, line, name_len < len ? name_len : len) == 0 &&
		    (labels[i].label < 0 ? name_len <= label_len + 1 : name_len == label_len))
			return &labels[i];
	}
	return NULL;
}

/* "LABEL random secret". False: of no known form. */
static bool
line_take(struct secrets *secrets, const uint8_t *at, const uint8_t *end)
{
	const struct label_row *row = label_find(at, (size_t)(end - at));
	uint8_t random[CLIENT_RANDOM_LEN], bytes[SECRET_MAX];
	struct session_secrets *session;
	int len;

	if (row == NULL)
		return false;
	if (row->label < 0)
		return true;
	at += strlen(row->name) + 1;
	if (hex_take(&at, end, random, sizeof(random)) != CLIENT_RANDOM_LEN || at >= end)
		return false;
	at++;
	len = hex_take(&at, end, bytes, sizeof(bytes));
	if (!secret_len_fits(row->label, len) || at != end)
		return false;
	session = table_get(secrets, random);
	if (session != NULL) {
		session->secret[row->label].len = (uint8_t)len;
		memcpy(session->secret[row->label].bytes, bytes, (size_t)len);
	}
	explicit_bzero(bytes, sizeof(bytes));
	return true;
}

/* One line without its newline; its bytes never stand in a message. */
static void
reading_line(struct reading *reading, const uint8_t *line, size_t len)
{
	reading->line++;
	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == ' '))
		len--;
	if (len == 0 || line[0] == '#')
		return;
	if (len <= SECRETS_LINE_MAX && line_take(reading->secrets, line, line + len))
		return;
	reading->secrets->bad++;
	if (reading->bad++ < SECRETS_SAID_MAX)
		log_warn("replay", "%s:%zu: not a line of a key log", reading->name,
		    reading->line);
}

static void
reading_end(const struct reading *reading)
{
	if (reading->bad > SECRETS_SAID_MAX)
		log_warn("replay", "%s: %zu further lines are none of a key log",
		    reading->name, reading->bad - SECRETS_SAID_MAX);
	if (reading->secrets->left_out > 0)
		log_warn("replay", "%s: more than %u connections; %zu lines are left out",
		    reading->name, SECRETS_SESSIONS_MAX, reading->secrets->left_out);
}

void
secrets_add(struct secrets *secrets, const char *name, const uint8_t *text, size_t len)
{
	struct reading reading = { secrets, name, 0, 0 };
	const uint8_t *end = text + len, *line = text;

	while (line < end) {
		const uint8_t *stop = memchr(line, '\n', (size_t)(end - line));

		if (stop == NULL)
			stop = end;
		reading_line(&reading, line, (size_t)(stop - line));
		line = stop + 1;
	}
	reading_end(&reading);
}

/* Reads up to a newline; what is longer than any real line is cut, and so refused. */
static bool
file_line(FILE *file, uint8_t line[SECRETS_LINE_MAX + 1], size_t *len)
{
	int c = getc(file);

	*len = 0;
	if (c == EOF)
		return false;
	for (; c != EOF && c != '\n'; c = getc(file))
		if (*len <= SECRETS_LINE_MAX)
			line[(*len)++] = (uint8_t)c;
	return true;
}

bool
secrets_load(struct secrets *secrets, const char *path)
{
	struct reading reading = { secrets, path, 0, 0 };
	uint8_t line[SECRETS_LINE_MAX + 1];
	FILE *file = fopen(path, "re");
	size_t len;
	bool good;

	if (file == NULL) {
		log_error("replay", "%s: %s", path, strerror(errno));
		return false;
	}
	errno = 0;
	while (file_line(file, line, &len))
		reading_line(&reading, line, len);
	good = !ferror(file);
	if (!good)
		log_error("replay", "%s: %s", path, strerror(errno));
	fclose(file);
	explicit_bzero(line, sizeof(line));
	reading_end(&reading);
	return good;
}
