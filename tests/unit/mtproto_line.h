/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection of Telegram's and the volume row that reads it, under the size
 * model of the shipped rules (which rules_up() of the judge's kit has read).
 */
#ifndef TESTS_MTPROTO_LINE_H
#define TESTS_MTPROTO_LINE_H

#include "unit/mtproto_kit.h"
#include "unit/volume_gen.h"

/* One connection: what the two ends write, and the row that reads it. */
struct line {
	struct gen gen;
	struct tg tg;
	size_t fed[2];
};

static inline const struct size_model *
telegram_model(void)
{
	const struct service *service = rules_service_by_id(rules, "telegram");

	assert_non_null(service);
	assert_true(service->calls[0].has_model);
	assert_true(service->calls[0].model.stop_low > 0);
	return &service->calls[0].model;
}

static inline void
line_send(struct line *line, enum dir dir)
{
	gen_bytes(&line->gen, dir, line->tg.out[dir] + line->fed[dir],
	    line->tg.len[dir] - line->fed[dir]);
	line->fed[dir] = line->tg.len[dir];
}

/* A message with so many bytes of TL; returns the frame's length. */
static inline size_t
line_say(struct line *line, enum dir dir, uint32_t inner)
{
	size_t len = tg_frame(&line->tg, dir, tg_message(inner));

	line_send(line, dir);
	gen_wait(&line->gen, 0.05);
	return len;
}

static inline void
line_open(struct line *line, enum mtproto_transport transport, bool hidden,
    size_t segment)
{
	memset(line, 0, sizeof(*line));
	gen_init(&line->gen, telegram_model());
	line->gen.segment = segment;
	tg_init(&line->tg, 99);
	tg_open(&line->tg, transport, hidden);
	line_send(line, DIR_UP);
	line_say(line, DIR_UP, 240);
	line_say(line, DIR_DOWN, 2600);
	line_say(line, DIR_UP, 30);
	line_say(line, DIR_DOWN, 60);
	gen_wait(&line->gen, 3);
}

static inline void
line_close(struct line *line)
{
	gen_close(&line->gen);
	tg_fini(&line->tg);
}

static inline bool
line_peek(const struct line *line, struct upload *upload)
{
	struct observation seen;

	return classifier_volume.peek(&line->gen.task, line->gen.slot, &seen, upload);
}

static inline bool
peeks(const struct line *line)
{
	struct upload upload;

	return line_peek(line, &upload);
}

/* A book of n packed contacts, 14 bytes each, and its answer. */
static inline uint32_t
book(uint32_t n)
{
	return 160 + 14 * n;
}

static inline void
line_answer(struct line *line, uint32_t n)
{
	line_say(line, DIR_DOWN, 16);
	line_say(line, DIR_DOWN, 60 + 20 * n);
}

#endif
