/* SPDX-License-Identifier: Apache-2.0 */
/* The nDPI adapter: what is fed, what is skipped, and what is freed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "unit/app_scene.h"

/* ---- feeding and freeing ---- */

static void
test_name_settles_at_once(void **unused)
{
	struct scene scene;

	(void)unused;
	scene_hello(&scene, "chat.signal.org");
	assert_string_equal(scene_name(&scene), "TLS.Signal");
	assert_int_equal(scene.flow.app_confidence, APP_DPI);
	assert_string_equal(scene.flow.host, "chat.signal.org");
	assert_int_equal(scene.flow.host_source, HOST_SNI);
	assert_false(scene_up(&scene, "x", 1));
	scene_end(&scene);
}

static void
test_settled_flow_is_left_alone(void **unused)
{
	struct scene scene;

	(void)unused;
	scene_hello(&scene, "chat.signal.org");
	for (int i = 0; i < 100; i++)
		assert_false(scene_up(&scene, "GET / HTTP/1.1\r\n\r\n", 18));
	app_finish(scene.app, &scene.state, &scene.flow);
	app_finish(scene.app, &scene.state, &scene.flow);
	assert_string_equal(scene_name(&scene), "TLS.Signal");
	scene_end(&scene);
}

/* A name nDPI does not know: only a readable certificate could say more. */
static void
test_unknown_name_waits_for_the_answer(void **unused)
{
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 40 };
	struct scene scene;

	(void)unused;
	scene_hello(&scene, "contacts.example.org");
	assert_string_equal(scene_name(&scene), "TLS");
	assert_string_equal(scene.flow.host, "contacts.example.org");
	assert_true(scene_send(&scene, NULL, 0, ACK, DIR_DOWN));
	assert_false(scene_send(&scene, alert, sizeof(alert), ACK, DIR_DOWN));
	assert_string_equal(scene_name(&scene), "TLS");
	assert_int_equal(scene.flow.app_confidence, APP_DPI);
	scene_end(&scene);
}

/* A hello over two segments is nDPI's to join. */
static void
test_split_hello_is_joined(void **unused)
{
	struct scene scene;
	uint8_t hello[512];
	size_t len = hello_make(hello, "chat.signal.org");

	(void)unused;
	scene_begin(&scene, IPPROTO_TCP, "203.0.113.9", 443);
	scene_handshake(&scene);
	assert_true(scene_up(&scene, hello, 30));
	assert_false(scene_up(&scene, hello + 30, len - 30));
	assert_string_equal(scene_name(&scene), "TLS.Signal");
	scene_end(&scene);
}

static void
test_handshake_needs_no_state(void **unused)
{
	struct scene scene;

	(void)unused;
	scene_begin(&scene, IPPROTO_TCP, "203.0.113.9", 443);
	scene_handshake(&scene);
	assert_null(scene.state);
	scene_end(&scene);
}

static void
test_empty_flow_is_guessed(void **unused)
{
	static const char *const servers[] = { "203.0.113.9", "2001:db8::9" };

	(void)unused;
	for (int i = 0; i < 2; i++) {
		struct scene scene;

		scene_begin(&scene, IPPROTO_TCP, servers[i], 443);
		assert_true(scene_send(&scene, NULL, 0, SYN, DIR_UP));
		app_finish(scene.app, &scene.state, &scene.flow);
		assert_string_equal(scene_name(&scene), "TLS");
		assert_int_equal(scene.flow.app_confidence, APP_PORT);
		scene_end(&scene);
	}
}

static void
test_guess_by_address_says_so(void **unused)
{
	struct scene scene;

	(void)unused;
	scene_begin(&scene, IPPROTO_TCP, "157.240.1.60", 5222);
	assert_true(scene_send(&scene, NULL, 0, SYN, DIR_UP));
	app_finish(scene.app, &scene.state, &scene.flow);
	assert_int_equal(scene.flow.app_confidence, APP_IP);
	scene_end(&scene);
}

static void
test_noise_is_given_up(void **unused)
{
	struct scene scene;
	uint8_t noise[64];
	unsigned fed = 0;

	(void)unused;
	scene_begin(&scene, IPPROTO_TCP, "203.0.113.9", 49151);
	scene_handshake(&scene);
	do {
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)(0x91 + 37 * i + 11 * fed);
		fed++;
	} while (scene_up(&scene, noise, sizeof(noise)) && fed < 200);
	assert_true(fed <= 80);
	assert_string_equal(scene_name(&scene), "Unknown");
	assert_int_equal(scene.flow.app_confidence, APP_NONE);
	assert_null(scene.flow.host);
	scene_end(&scene);
}

static void
test_cut_packets_are_harmless(void **unused)
{
	uint8_t hello[512], packet[600];
	size_t len = hello_make(hello, "chat.signal.org");

	(void)unused;
	for (size_t cut = 0; cut < 40 + len; cut++) {
		struct scene scene;
		uint8_t *exact = malloc(cut ? cut : 1);
		size_t head;

		scene_begin(&scene, IPPROTO_TCP, "203.0.113.9", 443);
		head = packet_head(&scene, packet, len, ACK, DIR_UP);
		memcpy(packet + head, hello, len);
		memcpy(exact, packet, cut);
		app_feed(scene.app, &scene.state, &scene.flow, exact, cut, 1, DIR_UP);
		free(exact);
		scene_end(&scene);
		cut += cut > 80 ? 20 : 3;
	}
}

static void
test_giant_packet_is_cut(void **unused)
{
	struct scene scene;
	uint8_t *packet = calloc(1, 70000);
	size_t head;

	(void)unused;
	scene_begin(&scene, IPPROTO_TCP, "2001:db8::9", 443);
	head = packet_head(&scene, packet, 65535 - 20, ACK, DIR_UP);
	hello_make(packet + head, "chat.signal.org");
	app_feed(scene.app, &scene.state, &scene.flow, packet, 70000, 1, DIR_UP);
	free(packet);
	scene_end(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name_settles_at_once),
		cmocka_unit_test(test_settled_flow_is_left_alone),
		cmocka_unit_test(test_unknown_name_waits_for_the_answer),
		cmocka_unit_test(test_split_hello_is_joined),
		cmocka_unit_test(test_handshake_needs_no_state),
		cmocka_unit_test(test_empty_flow_is_guessed),
		cmocka_unit_test(test_guess_by_address_says_so),
		cmocka_unit_test(test_noise_is_given_up),
		cmocka_unit_test(test_cut_packets_are_harmless),
		cmocka_unit_test(test_giant_packet_is_cut),
	};

	return cmocka_run_group_tests_name("app", tests, NULL, NULL);
}
