/* SPDX-License-Identifier: Apache-2.0 */
/* Many small requests that are one upload, and the frames of a WebSocket. */
#include "unit/asked_kit.h"
#include "unit/websocket_kit.h"

static struct shot
put_of(int number)
{
	return (struct shot){ "PUT", "/card.vcf", "text/vcard", NULL, book_vcard(number, 1), 20, 0 };
}

/* The card with that number; what the door does not let go is not forwarded. */
static enum action
put_card(struct bench *bench, int number, uint64_t *passed)
{
	struct shot shot = put_of(number);
	struct request_words words = shot_words(&shot, ASKED_HOST);
	struct judged *judged = judge_request(bench->judge, &bench->flow, &words, bench->now_us);
	enum action action;

	assert_non_null(judged);
	assert_true(judged_may_block(judged));
	judged_feed(judged, (const uint8_t *)shot.body.data, shot.body.len, bench->now_us);
	action = judged_peek(judged).action;
	judged_forwarded(judged, 0);
	assert_int_equal(judged_end(judged, bench->now_us).action, action);
	judged_free(judged);
	*passed += action == ACTION_BLOCK ? 0 : shot.body.len;
	bench->now_us += SECOND;
	kit_free(&shot.body);
	return action;
}

static void
the_twentieth_card_is_stopped(void **state)
{
	struct bench bench;
	uint64_t passed = 0;

	(void)state;
	bench_init(&bench, ASKED_POLICY, true, ASKED_HOST);
	judge_opened(bench.judge, &bench.flow);
	for (int i = 0; i < 19; i++)
		assert_int_equal(put_card(&bench, i, &passed), ACTION_ALLOW);
	for (int i = 19; i < 25; i++)
		assert_int_equal(put_card(&bench, i, &passed), ACTION_BLOCK);
	/* A card that is put again is no new contact, and still one too many. */
	assert_int_equal(put_card(&bench, 3, &passed), ACTION_BLOCK);
	bench_end(&bench);
	assert_int_equal(bench.told.count, 1);
	assert_int_equal(bench.told.events[0].upload.contacts.best, 25);
	assert_int_equal(bench.told.events[0].verdict.action, ACTION_BLOCK);
	assert_true(bench.told.events[0].verdict.enforced);
	assert_int_equal(bench.told.events[0].bytes_forwarded, passed);
	assert_true(bench.told.events[0].upload.bytes_up > passed);
	bench_fini(&bench);
}

static void
a_pause_tells_a_series(void **state)
{
	struct bench bench;
	uint64_t passed = 0;

	(void)state;
	bench_init(&bench, ASKED_POLICY, true, ASKED_HOST);
	judge_opened(bench.judge, &bench.flow);
	for (int i = 0; i < 22; i++)
		put_card(&bench, i, &passed);
	judge_tick(bench.judge, &bench.flow, bench.now_us + 50 * SECOND);
	assert_int_equal(bench.told.count, 0);
	judge_tick(bench.judge, &bench.flow, bench.now_us + 70 * SECOND);
	assert_int_equal(bench.told.count, 1);
	assert_int_equal(bench.told.events[0].bytes_forwarded, passed);
	/* A new series begins at nothing. */
	bench.now_us += 80 * SECOND;
	assert_int_equal(put_card(&bench, 0, &passed), ACTION_ALLOW);
	judge_tick(bench.judge, &bench.flow, bench.now_us + 70 * SECOND);
	assert_int_equal(bench.told.count, 1);
	bench_end(&bench);
	assert_int_equal(bench.told.count, 1);
	judge_tick(bench.judge, &bench.flow, bench.now_us);
	bench_fini(&bench);
}

/* Bodies that make the series look like no address book do not unsay what was stopped. */
static void
what_was_stopped_is_told(void **state)
{
	struct shot log = { "PUT", "/card.vcf", "text/vcard", NULL, { 0 }, 0, 0 };
	struct bench bench;
	uint64_t passed = 0;

	(void)state;
	bench_init(&bench, "policy:\n"
	    "  - {name: stop, when: {contacts: \"20..24\"}, then: block}\n", true, ASKED_HOST);
	for (int i = 0; i < 21; i++)
		put_card(&bench, i, &passed);
	log.body = book_vcard(1000, 300);
	assert_int_equal(bench_ask(&bench, &log, ASKED_HOST, 1000).action, ACTION_LOG);
	bench_end(&bench);
	assert_int_equal(bench.told.count, 1);
	assert_int_equal(bench.told.events[0].verdict.action, ACTION_BLOCK);
	assert_true(bench.told.events[0].verdict.enforced);
	assert_string_equal(bench.told.events[0].verdict.rule, "stop");
	assert_int_equal(bench.told.events[0].bytes_forwarded, passed + log.body.len);
	kit_free(&log.body);
	bench_fini(&bench);
}

/* Two held at once know of each other's contacts only when one of them has ended. */
static void
side_by_side(void **state)
{
	struct text_kit one = book_vcard(0, 12), other = book_vcard(8, 12);
	struct shot shot = { .method = "PUT", .target = "/c", .type = "text/vcard" };
	struct request_words words = shot_words(&shot, ASKED_HOST);
	struct judged *a, *b;
	struct bench bench;

	(void)state;
	words.side_by_side = true;
	bench_init(&bench, ASKED_POLICY, true, ASKED_HOST);
	a = judge_request(bench.judge, &bench.flow, &words, bench.now_us);
	b = judge_request(bench.judge, &bench.flow, &words, bench.now_us);
	judged_feed(a, (uint8_t *)one.data, one.len, bench.now_us);
	judged_feed(b, (uint8_t *)other.data, other.len, bench.now_us);
	assert_int_equal(judged_peek(a).action, ACTION_ALLOW);
	assert_int_equal(judged_end(a, bench.now_us).action, ACTION_ALLOW);
	assert_int_equal(judged_peek(b).action, ACTION_BLOCK);
	assert_int_equal(judged_end(b, bench.now_us).action, ACTION_BLOCK);
	judged_free(a);
	judged_free(b);
	bench_end(&bench);
	assert_int_equal(bench.told.count, 1);
	assert_int_equal(bench.told.events[0].upload.contacts.best, 20);
	assert_int_equal(bench.told.events[0].bytes_forwarded, one.len);
	bench_fini(&bench);
	kit_free(&one);
	kit_free(&other);
}

/* ---- WebSocket ---- */

static const struct request_words socket_words = {
	.method = "GET", .target = "/ws/sync?v=2", .host = ASKED_HOST, .media_type = "",
	.encoding = "", .transfer = "", .messages = ""
};

static enum action
socket_say(struct bench *bench, const struct text_kit *kit, size_t from, size_t len)
{
	struct chunk chunk = { (const uint8_t *)kit->data + from, len, bench->now_us, DIR_UP, 0 };

	assert_true(bench->flow.wants & WANT_PLAIN_UP);
	return judge_plain(bench->judge, &bench->flow, &chunk);
}

/* What the rows say of the same frames behind the same switch. */
static void
socket_replay(struct bench *wire, const struct text_kit *frames)
{
	static const char ask[] = "GET /ws/sync?v=2 HTTP/1.1\r\nHost: " ASKED_HOST "\r\n"
	    "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

	bench_init(wire, ASKED_POLICY, false, ASKED_HOST);
	judge_opened(wire->judge, &wire->flow);
	bench_say(wire, DIR_UP, ask, sizeof(ask) - 1);
	bench_say(wire, DIR_DOWN, WS_AGREE, strlen(WS_AGREE));
	bench_say(wire, DIR_UP, frames->data, frames->len);
	bench_say(wire, DIR_DOWN, "ok", 2);
	bench_end(wire);
}

static void
frames_are_read_as_in_a_replay(void **state)
{
	struct text_kit book = json_book(0, 30), frames = { 0 };
	struct bench asked, wire;

	(void)state;
	ws_message(&frames, WS_TEXT, book.data, book.len, 100);
	socket_replay(&wire, &frames);
	assert_int_equal(wire.told.count, 1);
	bench_init(&asked, "policy:\n  - {name: rest, then: log}\n", true, ASKED_HOST);
	judge_opened(asked.judge, &asked.flow);
	judge_websocket(asked.judge, &asked.flow, &socket_words, asked.now_us);
	assert_int_equal(socket_say(&asked, &frames, 0, frames.len), ACTION_ALLOW);
	bench_say(&asked, DIR_DOWN, "ok", 2);
	judge_tick(asked.judge, &asked.flow, asked.now_us + 70 * SECOND);
	assert_int_equal(asked.told.count, 1);
	bench_end(&asked);
	assert_int_equal(asked.told.count, 1);
	assert_string_equal(asked.told.events[0].flow.event_id, wire.told.events[0].flow.event_id);
	assert_same_upload(&asked.told.events[0].upload, &wire.told.events[0].upload);
	bench_fini(&asked);
	bench_fini(&wire);
	kit_free(&book);
	kit_free(&frames);
}

static void
a_message_is_stopped_before_it_is_whole(void **state)
{
	struct text_kit book = json_book(0, 500), frames = { 0 };
	struct bench bench;
	size_t at = 0;

	(void)state;
	ws_message(&frames, WS_TEXT, book.data, book.len, 4000);
	bench_init(&bench, ASKED_POLICY, true, ASKED_HOST);
	judge_opened(bench.judge, &bench.flow);
	judge_websocket(bench.judge, &bench.flow, &socket_words, bench.now_us);
	while (socket_say(&bench, &frames, at, 64) != ACTION_BLOCK) {
		at += 64;
		bench.now_us += 1000;
		assert_true(at < frames.len);
	}
	/* Of twenty numbers, seventeen bytes each, the last ones are not forwarded. */
	assert_in_range(at, 250, 14 + 20 * 17 + 64);
	judge_forwarded(bench.judge, &bench.flow, at);
	assert_int_equal(socket_say(&bench, &frames, at + 64, 64), ACTION_BLOCK);
	bench_end(&bench);
	assert_int_equal(bench.told.count, 1);
	assert_int_equal(bench.told.events[0].verdict.action, ACTION_BLOCK);
	assert_true(bench.told.events[0].verdict.enforced);
	assert_in_range(bench.told.events[0].upload.contacts.best, 20, 24);
	assert_in_range(bench.told.events[0].bytes_forwarded, 1, at);
	bench_fini(&bench);
	kit_free(&book);
	kit_free(&frames);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_twentieth_card_is_stopped),
		cmocka_unit_test(a_pause_tells_a_series),
		cmocka_unit_test(what_was_stopped_is_told),
		cmocka_unit_test(side_by_side),
		cmocka_unit_test(frames_are_read_as_in_a_replay),
		cmocka_unit_test(a_message_is_stopped_before_it_is_whole),
	};

	return cmocka_run_group_tests(tests, rules_up, rules_down);
}
