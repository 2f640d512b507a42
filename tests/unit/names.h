/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one row of the classifiers over chunks, as the judge does, and keeps
 * what it says. For the tests of hello, quic and dns.
 */
#ifndef TESTS_NAMES_H
#define TESTS_NAMES_H

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "classifiers/table.h"

#define HEARD_ANSWERS_MAX 256

struct heard {
	struct listener listener;
	unsigned hellos, hosts, echs, ja4s, answers, others;
	uint64_t version;			/* of the last hello */
	enum host_source source;		/* of the last host */
	char host[HOST_MAX + 1], ja4[JA4_MAX];
	struct {
		char name[HOST_MAX + 1];
		char addr[ADDR_TEXT_MAX];
		uint64_t ttl;
	} answer[HEARD_ANSWERS_MAX];
};

struct run {
	const struct classifier *row;
	struct flow flow;
	struct heard heard;
	struct task task;
	void *slot;
	unsigned more;			/* what the row still wants; 0 done */
	enum interest interest;
};

static inline void
heard_text(char *out, size_t room, const struct observation *seen)
{
	size_t len = seen->text_len < room ? seen->text_len : room - 1;

	memcpy(out, seen->text, len);
	out[len] = '\0';
}

static inline void
heard_answer(struct heard *heard, const struct observation *seen)
{
	unsigned i = heard->answers++;

	if (i >= HEARD_ANSWERS_MAX)
		return;
	heard_text(heard->answer[i].name, sizeof(heard->answer[i].name), seen);
	addr_text(seen->addr, heard->answer[i].addr);
	heard->answer[i].ttl = seen->number;
}

static inline void
heard_observe(struct listener *listener, const struct observation *seen)
{
	struct heard *heard = (struct heard *)listener;

	switch (seen->kind) {
	case OBSERVED_HELLO:
		heard->hellos++;
		heard->version = seen->number;
		break;
	case OBSERVED_HOST:
		heard->hosts++;
		heard->source = seen->source;
		heard_text(heard->host, sizeof(heard->host), seen);
		break;
	case OBSERVED_ECH:
		heard->echs++;
		break;
	case OBSERVED_JA4:
		heard->ja4s++;
		heard_text(heard->ja4, sizeof(heard->ja4), seen);
		break;
	case OBSERVED_ANSWER:
		heard_answer(heard, seen);
		break;
	default:
		heard->others++;
		break;
	}
}

/* The run must stay where it is until run_end. */
static inline void
run_begin(struct run *run, const struct classifier *row, uint8_t proto,
    uint16_t server_port)
{
	memset(run, 0, sizeof(*run));
	run->row = row;
	run->flow.proto = proto;
	run->flow.client_port = 40000;
	run->flow.server_port = server_port;
	run->heard.listener.observe = heard_observe;
	run->task.flow = &run->flow;
	run->task.listener = &run->heard.listener;
	run->task.want_ja4 = true;
	run->interest = INTEREST_LATER;
}

static inline void
run_close(struct run *run)
{
	if (run->slot != NULL)
		run->row->close(&run->task, run->slot);
	free(run->slot);
	run->slot = NULL;
	run->more = 0;
}

static inline void
run_chunk(struct run *run, enum dir dir, const void *data, size_t len,
    uint32_t gap)
{
	const struct chunk chunk = { data, len, 0, dir, gap };

	run->flow.packets[dir]++;
	run->flow.bytes[dir] += len;
	if (run->interest == INTEREST_LATER) {
		run->interest = run->row->sniff(&run->flow, &chunk);
		if (run->interest == INTEREST_YES) {
			run->slot = calloc(1, run->row->slot_size);
			run->more = MORE_BOTH;
		}
	}
	if (run->more & (dir == DIR_UP ? MORE_UP : MORE_DOWN))
		run->more = run->row->feed(&run->task, run->slot, &chunk);
	if (run->slot != NULL && run->more == 0)
		run_close(run);
}

/* The client's bytes, without a gap. */
static inline void
run_up(struct run *run, const void *data, size_t len)
{
	run_chunk(run, DIR_UP, data, len, 0);
}

static inline void
run_end(struct run *run)
{
	run_close(run);
	flow_fini(&run->flow);
}

/* Hex digits (white space between them is skipped) to bytes. */
static inline size_t
bytes_of_hex(const char *hex, uint8_t *out)
{
	size_t count = 0;
	char pair[3] = "";

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ' || *hex == '\n' || *hex == '\t')
			continue;
		pair[count % 2] = *hex;
		if (count++ % 2 == 1)
			out[count / 2 - 1] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return count / 2;
}

#endif
