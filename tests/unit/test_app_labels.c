/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the nDPI adapter says of flows. Tests named trap_ write down where
 * nDPI's label must not be taken at its word; those that hold for 4.2 alone
 * ask for that release.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "unit/app_scene.h"

/* ---- names of servers ---- */

static void
test_http_host_is_taken(void **unused)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: www.example.org\r\n"
	    "User-Agent: test\r\n\r\n";
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	    "Content-Length: 2\r\n\r\nok";
	struct scene scene;

	(void)unused;
	scene_begin(&scene, IPPROTO_TCP, "203.0.113.9", 80);
	scene_handshake(&scene);
	scene_up(&scene, request, sizeof(request) - 1);
	scene_send(&scene, answer, sizeof(answer) - 1, ACK, DIR_DOWN);
	app_finish(scene.app, &scene.state, &scene.flow);
	assert_string_equal(scene_name(&scene), "HTTP");
	assert_string_equal(scene.flow.host, "www.example.org");
	assert_int_equal(scene.flow.host_source, HOST_HTTP);
	scene_end(&scene);
}

/* RFC 1035 section 4.1: a question for cdsi.signal.org, type A. */
static const uint8_t question[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
    "\x04" "cdsi" "\x06" "signal" "\x03" "org" "\x00\x00\x01\x00\x01";

static void
test_dns_question_is_no_host(void **unused)
{
	struct scene scene;

	(void)unused;
	scene_begin(&scene, IPPROTO_UDP, "203.0.113.53", 53);
	scene_up(&scene, question, sizeof(question) - 1);
	app_finish(scene.app, &scene.state, &scene.flow);
	assert_string_equal(scene_name(&scene), "DNS.Signal");
	assert_null(scene.flow.host);
	scene_end(&scene);
}

static void
test_own_name_is_kept(void **unused)
{
	struct scene scene;
	uint8_t hello[512];

	(void)unused;
	scene_begin(&scene, IPPROTO_TCP, "203.0.113.9", 443);
	flow_host_set(&scene.flow, "front.example", 13, HOST_SNI);
	scene_up(&scene, hello, hello_make(hello, "chat.signal.org"));
	assert_string_equal(scene.flow.host, "front.example");
	scene_end(&scene);
}

/* nDPI keeps the last 79 characters of a name: such a name is not the name. */
static void
trap_long_name_is_cut(void **unused)
{
	struct scene scene;
	char name[128];

	(void)unused;
	memset(name, 'a', sizeof(name));
	for (int i = 20; i < 100; i += 20)
		name[i] = '.';
	strcpy(name + 100, ".signal.org");
	scene_hello(&scene, name);
	app_finish(scene.app, &scene.state, &scene.flow);
	assert_null(scene.flow.host);
	scene_end(&scene);
}

/* ---- traps of 4.2's labels ---- */

/*
 * The opening that WhatsApp sends today (57 41 06 and a dictionary byte) is
 * not the one nDPI 4.2 knows: on 443 it is "TLS" by port, which it is not.
 */
static void
trap_whatsapp_opening_is_unknown(void **unused)
{
	static const uint8_t opening[] = { 'W', 'A', 6, 3, 0, 0, 36, 0x12, 0x22, 0x0a, 0x20,
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
		22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32 };
	struct scene scene;

	(void)unused;
	if (!is_42())
		skip();
	scene_begin(&scene, IPPROTO_TCP, "203.0.113.9", 443);
	scene_handshake(&scene);
	scene_up(&scene, opening, sizeof(opening));
	app_finish(scene.app, &scene.state, &scene.flow);
	assert_string_equal(scene_name(&scene), "TLS");
	assert_int_equal(scene.flow.app_confidence, APP_PORT);
	scene_end(&scene);
}

/* Telegram's own transport to its own address: "TLS" by the port only. */
static void
trap_telegram_is_called_tls(void **unused)
{
	struct scene scene;
	uint8_t bytes[105];

	(void)unused;
	if (!is_42())
		skip();
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(0x9d + 73 * i);
	scene_begin(&scene, IPPROTO_TCP, "149.154.167.50", 443);
	scene_handshake(&scene);
	for (int i = 0; i < 90 && scene_up(&scene, bytes, sizeof(bytes)); i++)
		bytes[1] = (uint8_t)i;
	app_finish(scene.app, &scene.state, &scene.flow);
	assert_string_equal(scene_name(&scene), "TLS.Telegram");
	assert_int_equal(scene.flow.app_confidence, APP_IP);
	assert_null(scene.flow.host);
	scene_end(&scene);
}

/* Names whose label is not the service one would think of. */
static void
trap_names_with_odd_labels(void **unused)
{
	static const struct {
		const char *name, *label;
	} rows[] = {
		{ "short.weixin.qq.com", "TLS.QQ" },
		{ "web.wechat.com", "TLS.WeChat" },
		{ "mmg.whatsapp.net", "TLS.WhatsApp" },
		{ "mmg-fna.whatsapp.net", "TLS.WhatsAppFiles" },
		{ "cdsi.signal.org", "TLS.Signal" },
		{ "api.telegram.org", "TLS" },
		{ "zoom.us", "TLS" },
	};

	(void)unused;
	if (!is_42())
		skip();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene scene;

		scene_hello(&scene, rows[i].name);
		app_finish(scene.app, &scene.state, &scene.flow);
		assert_string_equal(scene_name(&scene), rows[i].label);
		assert_string_equal(scene.flow.host, rows[i].name);
		scene_end(&scene);
	}
}

/* ---- numbers and names ---- */

static void
test_numbers_and_names_agree(void **unused)
{
	static const char *const names[] = { "TLS", "WhatsApp", "Signal", "Telegram", "QUIC" };
	struct app *app = app_new();
	char text[APP_NAME_MAX];

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int number = app_number(app, names[i]);
		struct flow flow = { .app = (uint16_t)number };

		assert_true(number > 0);
		assert_string_equal(app_name(app, &flow, text), names[i]);
	}
	assert_int_equal(app_number(app, "No Such Protocol"), -1);
	app_free(app);
}

static void
test_names_of_pairs(void **unused)
{
	struct app *app = app_new();
	uint16_t tls = (uint16_t)app_number(app, "TLS");
	uint16_t signal = (uint16_t)app_number(app, "Signal");
	const uint16_t pairs[][2] = { { 0, 0 }, { tls, 0 }, { tls, tls },
		{ tls, signal }, { 0, UINT16_MAX } };
	static const char *const texts[] = { "Unknown", "TLS", "TLS", "TLS.Signal", "Unknown" };
	char text[APP_NAME_MAX];

	(void)unused;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct flow flow = { .app_master = pairs[i][0], .app = pairs[i][1] };

		assert_string_equal(app_name(app, &flow, text), texts[i]);
	}
	app_free(app);
}

static void
test_version_is_told(void **unused)
{
	(void)unused;
	assert_non_null(strchr(app_version(), '.'));
	app_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http_host_is_taken),
		cmocka_unit_test(test_dns_question_is_no_host),
		cmocka_unit_test(test_own_name_is_kept),
		cmocka_unit_test(trap_long_name_is_cut),
		cmocka_unit_test(trap_whatsapp_opening_is_unknown),
		cmocka_unit_test(trap_telegram_is_called_tls),
		cmocka_unit_test(trap_names_with_odd_labels),
		cmocka_unit_test(test_numbers_and_names_agree),
		cmocka_unit_test(test_names_of_pairs),
		cmocka_unit_test(test_version_is_told),
	};

	return cmocka_run_group_tests_name("app_labels", tests, NULL, NULL);
}
