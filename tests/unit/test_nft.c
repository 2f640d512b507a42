/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of the rules. That the kernel does what they say is shown by
 * tests/proxy/divert.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "proxy/nft.h"
#include "tests/unit/settings_kit.h"

/* The rules for `interception: {listen: 8443, MORE}` and the given groups; the caller frees. */
static char *
text_of(const char *more, const char *groups, const char *inspected,
    unsigned alive_s)
{
	struct settings *settings;
	char conf[1024], *text;

	snprintf(conf, sizeof(conf), "interception: {listen: 8443%s}\ngroups: %s\n"
	    "inspect: [{groups: %s, services: facebook}]\n", more, groups,
	    inspected);
	settings = load_good(conf);
	text = nft_apply_text(settings, alive_s);
	settings_free(settings);
	assert_non_null(text);
	return text;
}

static void
assert_in(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void
assert_not_in(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("\"%s\" in:\n%s", part, text);
}

/* The lines of a chain that tell who; the caller frees. */
static char *
who_of(const char *text, const char *chain, const char *verdict)
{
	const char *at = strstr(text, chain), *end;
	char *who, *found;

	assert_non_null(at);
	at = strchr(at, '\n');
	end = strstr(at, "\n\t}");
	assert_non_null(end);
	who = strndup(at, (size_t)(end - at));
	while ((found = strstr(who, verdict)) != NULL)
		memmove(found, found + strlen(verdict), strlen(found + strlen(verdict)) + 1);
	return who;
}

#define TWO "{a: {networks: [192.0.2.0/24, \"2001:db8:1::/64\"]}, b: {networks: 198.51.100.0/24}}"

/* Whose QUIC is refused are exactly those whose TCP is taken. */
static void
test_same_sources(void **state)
{
	static const char *const diverts[] = { "", ", divert: tproxy" };
	char *text, *tcp, *quic;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		text = text_of(diverts[i], TWO, "[a, b]", 0);
		tcp = who_of(text, "chain tcp_of", " goto take");
		quic = who_of(text, "chain quic_of", " goto refuse");
		assert_in(tcp, "ip saddr @group2_v4");
		assert_in(tcp, "ip6 saddr @group1_v6");
		assert_string_equal(tcp, quic);
		free(tcp);
		free(quic);
		free(text);
	}
}

/* An address belongs to the first group that has it, here as in the judge. */
static void
test_first_group(void **state)
{
	static const char groups[] = "{guests: {networks: 192.0.2.128/25}, "
	    "staff: {networks: 192.0.2.0/24}, rest: {networks: 10.0.0.0/8}}";
	char *text = text_of("", groups, "staff", 0);

	(void)state;
	assert_in(text, "ip saddr @group1_v4 return\n\t\tip saddr @group2_v4 goto take\n\t}");
	assert_not_in(text, "10.0.0.0");
	free(text);
}

static void
test_nobody(void **state)
{
	char *text = text_of("", TWO, "[a]", 0);

	(void)state;
	assert_not_in(text, "198.51.100.0");
	free(text);
}

/* A name is what somebody wrote: it stays a comment. */
static void
test_hostile_name(void **state)
{
	char *text = text_of("", "{\"x\\n}\\nflush ruleset\\n\": {networks: 192.0.2.0/24}}",
	    "[\"x\\n}\\nflush ruleset\\n\"]", 0);

	(void)state;
	assert_in(text, "# the group x???flush?ruleset?: inspected\n");
	assert_not_in(text, "\nflush");
	free(text);
}

static void
test_quic_needs_its_port(void **state)
{
	char *text = text_of(", ports: [5222, 8444]", TWO, "[a]", 0);

	(void)state;
	assert_in(text, "elements = { 5222, 8444 }");
	assert_not_in(text, "udp dport");
	assert_not_in(text, "reject");
	free(text);
}

static void
test_alive(void **state)
{
	char *text = text_of("", TWO, "[a]", 0), *alive = nft_alive_text(7);

	(void)state;
	assert_in(text, "tcp dport @ports meta l4proto @alive jump tcp_of");
	assert_in(text, "udp dport 443 meta l4proto @alive jump quic_of");
	assert_not_in(text, "add element");
	free(text);
	text = text_of("", TWO, "[a]", 7);
	assert_in(text, alive);
	assert_in(alive, "{ tcp timeout 7s }");
	assert_in(alive, "{ udp timeout 7s }");
	free(alive);
	free(text);
}

/* closed: no way around a dead proxy. */
static void
test_closed(void **state)
{
	static const char *const diverts[] = { "}\non_failure: closed\ndevices: {",
	    ", divert: tproxy}\non_failure: closed\ndevices: {" };
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		text = text_of(diverts[i], TWO, "[a]", 7);
		assert_not_in(text, "alive");
		if (i == 1)
			assert_in(text, "accept\n\t\tmeta l4proto tcp reject with tcp reset");
		free(text);
	}
}

/* Listeners are transparent sockets for any address: their ports must not draw packets. */
static void
test_tproxy_spares_listeners(void **state)
{
	char *text = text_of(", divert: tproxy", TWO, "[a]", 0);

	(void)state;
	assert_in(text, "socket wildcard 1 return\n"
	    "\t\tsocket transparent 1 meta mark set 0x62670002 accept");
	assert_in(text, "tcp flags & (syn | ack) != syn goto later");
	assert_in(text, "tproxy to :8443 meta mark set 0x62670002 accept");
	assert_in(text, "meta mark 0x62670001 return");
	free(text);
}

static void
test_none(void **state)
{
	char *text = text_of(", divert: none", TWO, "[a]", 7), *gone = nft_remove_text();

	(void)state;
	assert_string_equal(text, gone);
	assert_string_equal(gone, "add table inet bookgate\ndelete table inet bookgate\n");
	free(gone);
	free(text);
}

/* What was taken goes on: no chain is deleted, and those that say whom are empty. */
static void
test_ease(void **state)
{
	char *text = nft_ease_text();

	(void)state;
	assert_null(strstr(text, "delete"));
	assert_non_null(strstr(text, "flush chain inet bookgate tcp_of\n"));
	assert_non_null(strstr(text, "flush chain inet bookgate quic_of\n"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_sources),
		cmocka_unit_test(test_first_group),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_ease),
		cmocka_unit_test(test_hostile_name),
		cmocka_unit_test(test_quic_needs_its_port),
		cmocka_unit_test(test_alive),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_tproxy_spares_listeners),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, rules_setup, rules_teardown);
}
