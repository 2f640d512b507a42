/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of the rules.
 *
 * Whose traffic is taken is written once, as sets and an order of groups, and
 * used twice: by the chain that diverts TCP and by the one that refuses QUIC.
 * So nobody loses QUIC whose TCP is not taken, and nobody's upload leaves by
 * QUIC whose TCP is.
 */
#include "proxy/nft.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "proxy/origdst.h"

/* A group's name is a comment in the rules; a longer one is cut. */
#define NAME_SHOWN 60

static bool
is_open(const struct settings *settings)
{
	return settings->on_failure == 0;
}

static bool
has_quic(const struct settings *settings)
{
	size_t i;

	for (i = 0; i < settings->port_count; i++) {
		if (settings->ports[i] == PORT_HTTPS)
			return true;
	}
	return false;
}

/*
 * Groups that matter: up to the last one that is inspected. Those before it
 * that are not may hold addresses of its networks: the first group that has an
 * address is its group.
 */
static size_t
groups_that_matter(const struct settings *settings)
{
	size_t g = settings->group_count;

	while (g > 0 && !settings_inspects(settings, settings->groups[g - 1].name))
		g--;
	return g;
}

static bool
has_family(const struct group *group, int family)
{
	size_t i;

	for (i = 0; i < group->count; i++) {
		if (group->networks[i].addr.family == family)
			return true;
	}
	return false;
}

/* ---- sets --------------------------------------------------------------------- */

/* A name is the configuration's: nothing of it may end the comment. */
static void
comment_put(FILE *out, const char *name, bool inspected)
{
	size_t i;

	fputs("\t# the group ", out);
	for (i = 0; i < NAME_SHOWN && name[i] != '\0'; i++)
		fputc(isalnum((unsigned char)name[i]) || name[i] == '-' ||
		    name[i] == '_' || name[i] == '.' ? name[i] : '?', out);
	fputs(inspected ? ": inspected\n" : ": left alone\n", out);
}

static void
networks_put(FILE *out, const struct group *group, size_t number, int family)
{
	const char *comma = "";
	char text[ADDR_TEXT_MAX];
	size_t i;

	if (!has_family(group, family))
		return;
	fprintf(out, "\tset group%zu_v%d {\n\t\ttype %s; flags interval; auto-merge;\n"
	    "\t\telements = {", number, family,
	    family == 4 ? "ipv4_addr" : "ipv6_addr");
	for (i = 0; i < group->count; i++) {
		if (group->networks[i].addr.family != family)
			continue;
		fprintf(out, "%s %s/%u", comma,
		    addr_text(&group->networks[i].addr, text),
		    group->networks[i].bits);
		comma = ",";
	}
	fputs(" }\n\t}\n", out);
}

static void
sets_put(FILE *out, const struct settings *settings)
{
	const size_t groups = groups_that_matter(settings);
	size_t i;

	fputs("\tset ports {\n\t\ttype inet_service;\n\t\telements = {", out);
	for (i = 0; i < settings->port_count; i++)
		fprintf(out, "%s %u", i ? "," : "", settings->ports[i]);
	fputs(" }\n\t}\n", out);
	if (is_open(settings))
		fputs("\t# what the appliance lives for: tcp, udp\n"
		    "\tset alive {\n\t\ttype inet_proto; flags timeout;\n\t}\n", out);
	for (i = 0; i < groups; i++) {
		comment_put(out, settings->groups[i].name,
		    settings_inspects(settings, settings->groups[i].name));
		networks_put(out, &settings->groups[i], i + 1, 4);
		networks_put(out, &settings->groups[i], i + 1, 6);
	}
}

/* ---- chains ------------------------------------------------------------------- */

/*
 * Goes to `verdict` for whom an inspected group has, and returns for all
 * others; before that, for what is not for us: our own packets, and those for
 * the gateway itself or for many.
 */
static void
who_put(FILE *out, const struct settings *settings, const char *chain,
    const char *verdict)
{
	const size_t groups = groups_that_matter(settings);
	const struct group *group;
	const char *then;
	size_t i;

	fprintf(out, "\tchain %s {\n\t\tmeta mark 0x%x return\n"
	    "\t\tfib daddr type != unicast return\n", chain, ORIGDST_MARK_OWN);
	for (i = 0; i < groups; i++) {
		group = &settings->groups[i];
		then = settings_inspects(settings, group->name) ? verdict : "return";
		if (has_family(group, 4))
			fprintf(out, "\t\tip saddr @group%zu_v4 %s\n", i + 1, then);
		if (has_family(group, 6))
			fprintf(out, "\t\tip6 saddr @group%zu_v6 %s\n", i + 1, then);
	}
	fputs("\t}\n", out);
}

static const char *
while_alive(const struct settings *settings)
{
	return is_open(settings) ? "meta l4proto @alive " : "";
}

/*
 * A connection is diverted by its first packet, or never: one that is older
 * than the rules goes on as it was. To connection tracking it may look new,
 * when nothing on the gateway tracked connections before.
 */
static void
first_put(FILE *out, const struct settings *settings)
{
	fprintf(out, "\t\ttcp flags & (syn | ack) == syn tcp dport @ports "
	    "%sjump tcp_of\n\t}\n", while_alive(settings));
}

static void
redirect_put(FILE *out, const struct settings *settings)
{
	fprintf(out, "\tchain take {\n\t\tmeta l4proto tcp redirect to :%" PRId64
	    "\n\t}\n", settings->listen);
	who_put(out, settings, "tcp_of", "goto take");
	fputs("\tchain tcp_in {\n"
	    "\t\ttype nat hook prerouting priority dstnat; policy accept;\n", out);
	first_put(out, settings);
}

/*
 * A later packet belongs to a connection of ours when its socket is a
 * transparent one, be it still half open; a listener at its port, ours or
 * another program's, is none ("wildcard").
 *
 * Where nobody listens `tproxy` does not match, and the packet goes on to its
 * destination, unless it must not.
 */
static void
tproxy_put(FILE *out, const struct settings *settings)
{
	fprintf(out, "\tchain take {\n\t\tmeta l4proto tcp tproxy to :%" PRId64
	    " meta mark set 0x%x accept\n%s\t}\n", settings->listen,
	    ORIGDST_MARK_TPROXY, is_open(settings) ? "" :
	    "\t\tmeta l4proto tcp reject with tcp reset\n");
	who_put(out, settings, "tcp_of", "goto take");
	fprintf(out, "\tchain later {\n\t\tsocket wildcard 1 return\n"
	    "\t\tsocket transparent 1 meta mark set 0x%x accept\n\t}\n",
	    ORIGDST_MARK_TPROXY);
	fputs("\tchain tcp_in {\n"
	    "\t\ttype filter hook prerouting priority mangle; policy accept;\n"
	    "\t\ttcp flags & (syn | ack) != syn goto later\n", out);
	first_put(out, settings);
}

/* Refused by an ICMP error, not dropped: the client turns to TCP at once. */
static void
quic_put(FILE *out, const struct settings *settings)
{
	if (!has_quic(settings))
		return;
	fputs("\tchain refuse {\n"
	    "\t\treject with icmpx type port-unreachable\n\t}\n", out);
	who_put(out, settings, "quic_of", "goto refuse");
	fputs("\tchain quic_out {\n"
	    "\t\ttype filter hook forward priority filter; policy accept;\n", out);
	fprintf(out, "\t\tudp dport %d %sjump quic_of\n\t}\n", PORT_HTTPS,
	    while_alive(settings));
}

/* ---- transactions --------------------------------------------------------------- */

/* Deleting what is not there fails: it is added first. */
static void
clear_put(FILE *out)
{
	fputs("add table " NFT_TABLE "\ndelete table " NFT_TABLE "\n", out);
}

/* An element that is there keeps its old end: it is taken away first, in one go. */
static void
alive_put(FILE *out, unsigned alive_s)
{
	static const char *const protocols[] = { "tcp", "udp" };
	size_t i;

	for (i = 0; i < 2; i++)
		fprintf(out, "add element " NFT_TABLE " alive { %s timeout %us }\n"
		    "delete element " NFT_TABLE " alive { %s }\n"
		    "add element " NFT_TABLE " alive { %s timeout %us }\n",
		    protocols[i], alive_s, protocols[i], protocols[i], alive_s);
}

/* The text so far, or NULL when something of it is missing. */
static char *
text_take(FILE *out, char **text)
{
	bool good = ferror(out) == 0;

	if (fclose(out) == 0 && good)
		return *text;
	free(*text);
	return NULL;
}

char *
nft_apply_text(const struct settings *settings, unsigned alive_s)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	clear_put(out);
	if (settings->divert == DIVERT_NONE)
		return text_take(out, &text);
	fputs("table " NFT_TABLE " {\n", out);
	sets_put(out, settings);
	if (settings->divert == DIVERT_TPROXY)
		tproxy_put(out, settings);
	else
		redirect_put(out, settings);
	quic_put(out, settings);
	fputs("}\n", out);
	if (alive_s > 0 && is_open(settings))
		alive_put(out, alive_s);
	return text_take(out, &text);
}

char *
nft_alive_text(unsigned alive_s)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	alive_put(out, alive_s);
	return text_take(out, &text);
}

char *
nft_ease_text(void)
{
	static const char *const chains[] = { "tcp_of", "quic_of" };
	char *text = NULL;
	size_t len, i;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	fputs("add table " NFT_TABLE "\n", out);
	for (i = 0; i < 2; i++)
		fprintf(out, "add chain " NFT_TABLE " %s\nflush chain " NFT_TABLE " %s\n",
		    chains[i], chains[i]);
	return text_take(out, &text);
}

char *
nft_remove_text(void)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	clear_put(out);
	return text_take(out, &text);
}
