/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interception: of the configuration.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/mem.h"
#include "rules/settings.h"

/* Nobody diverts more ports than this; each is looked at in the kernel. */
#define PORTS_MAX 64

/* As many as the proxy has rows for (proxy/proxy.h). */
#define WORKERS_MAX 64

/* A body is held in memory or on disk; a terabyte is neither. */
#define SIZE_MOST (INT64_C(1) << 40)

#define MIB (INT64_C(1) << 20)
#define HOLD_DEFAULT (8 * MIB)
#define HOLD_TOTAL_DEFAULT (64 * MIB)

/* HTTPS, and where WhatsApp and XMPP speak. */
static const uint16_t ports_default[] = { PORT_HTTPS, 5222 };

static const char *const diverts[] = { "redirect", "tproxy", "none", NULL };

/* What is looked into before it becomes a setting. */
struct interception {
	struct settings settings;
	const struct conf_node *ports, *hold, *hold_total;
};

static const struct conf_field fields[] = {
#define FIELD(name, kind, ...) { .key = #name, .type = kind, \
	.offset = offsetof(struct interception, settings.name), __VA_ARGS__ }
#define NODE(name) \
	{ .key = #name, .type = CONF_NODE, .offset = offsetof(struct interception, name) }
	FIELD(dpia, CONF_TEXT),
	FIELD(works_council, CONF_TEXT),
	FIELD(notice_since, CONF_DAY),
	FIELD(listen, CONF_INT, .min = 1, .max = 65535),
	FIELD(divert, CONF_CHOICE, .choices = diverts),
	FIELD(control, CONF_TEXT, .filled = true),
	FIELD(ca, CONF_TEXT, .filled = true),
	FIELD(trust, CONF_TEXT, .filled = true),
	FIELD(workers, CONF_INT, .min = 1, .max = WORKERS_MAX),
	FIELD(spool, CONF_TEXT, .filled = true),
	NODE(ports),
	NODE(hold),
	NODE(hold_total),
	{ .key = NULL }
#undef FIELD
#undef NODE
};

/* ---- ports ------------------------------------------------------------------ */

static void
port_add(struct settings_load *load, const struct conf_node *node)
{
	struct settings *settings = load->settings;
	uint16_t *ports = (uint16_t *)settings->ports;
	char *end = NULL;
	long port = 0;
	size_t i;

	if (node->kind == CONF_SCALAR && isdigit((unsigned char)node->text[0]))
		port = strtol(node->text, &end, 10);
	if (end == NULL || *end != '\0' || port < 1 || port > 65535) {
		conf_problem(load->problems, node, "'%s' is no port: a number from "
		    "1 to 65535 was expected", node->text);
		return;
	}
	for (i = 0; i < settings->port_count; i++) {
		if (ports[i] == port) {
			conf_problem(load->problems, node,
			    "the port %ld stands here a second time", port);
			return;
		}
	}
	ports = xrealloc(ports, settings->port_count + 1, sizeof(*ports));
	ports[settings->port_count++] = (uint16_t)port;
	settings->ports = ports;
}

static void
ports_read(struct settings_load *load, const struct conf_node *node)
{
	size_t i;

	if (node->kind == CONF_SCALAR) {
		port_add(load, node);
		return;
	}
	if (node->kind == CONF_MAP || node->count == 0 || node->count > PORTS_MAX) {
		conf_problem(load->problems, node,
		    "a list of 1 to %d ports was expected here", PORTS_MAX);
		return;
	}
	for (i = 0; i < node->count; i++)
		port_add(load, &node->items[i]);
}

static void
ports_fill(struct settings *settings)
{
	uint16_t *ports = xcalloc(1, sizeof(ports_default));

	memcpy(ports, ports_default, sizeof(ports_default));
	settings->ports = ports;
	settings->port_count = sizeof(ports_default) / sizeof(ports_default[0]);
}

/* ---- sizes ------------------------------------------------------------------ */

/* "8MiB", "64 KiB", "1GiB", "8388608". */
static bool
size_parse(const char *text, int64_t *bytes)
{
	static const struct {
		const char *name;
		int shift;
	} units[] = { { "", 0 }, { "B", 0 }, { "KiB", 10 }, { "MiB", 20 }, { "GiB", 30 } };
	char *end;
	int64_t n;
	size_t i;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno != 0)
		return false;
	end += *end == ' ' && end[1] != '\0';
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcasecmp(end, units[i].name) == 0 &&
		    n <= SIZE_MOST >> units[i].shift) {
			*bytes = n << units[i].shift;
			return true;
		}
	}
	return false;
}

static void
size_read(struct settings_load *load, const struct conf_node *node, int64_t *bytes)
{
	if (node == NULL || conf_is_null(node))
		return;
	if (node->kind != CONF_SCALAR || !size_parse(node->text, bytes) ||
	    *bytes == 0)
		conf_problem(load->problems, node, "'%s' is no size like 8MiB, 512KiB "
		    "or a number of bytes", node->text);
}

/* ---- the section -------------------------------------------------------------- */

/* A longer name does not fit the address of a socket. */
static void
control_check(struct settings_load *load, const struct conf_node *node)
{
	const size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	if (node != NULL && load->settings->control != NULL &&
	    strlen(load->settings->control) > most)
		conf_problem(load->problems, node,
		    "the path of a socket is at most %zu bytes long", most);
}

void
interception_read(struct settings_load *load, const struct conf_node *node)
{
	struct interception read = { .settings = *load->settings };

	conf_bind(node, fields, &read, load->problems);
	*load->settings = read.settings;
	if (read.ports != NULL && !conf_is_null(read.ports))
		ports_read(load, read.ports);
	if (load->settings->port_count == 0)
		ports_fill(load->settings);
	size_read(load, read.hold, &load->settings->hold);
	size_read(load, read.hold_total, &load->settings->hold_total);
	control_check(load, conf_get(node, "control"));
}

/* ---- defaults that depend ------------------------------------------------------ */

static char *
beside_store(const struct settings *settings, const char *name)
{
	const char *slash = strrchr(settings->store, '/');
	int folder = slash ? (int)(slash - settings->store) + 1 : 0;
	char *path;

	if (asprintf(&path, "%.*s%s", folder, settings->store, name) < 0)
		return xstrdup(name);
	return path;
}

static int64_t
cores(void)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	return online < 1 ? 1 : online > WORKERS_MAX ? WORKERS_MAX : online;
}

void
interception_finish(struct settings_load *load)
{
	struct settings *s = load->settings;

	if (s->port_count == 0)
		ports_fill(s);
	if (s->control == NULL)
		s->control = s->own_control = beside_store(s, "bookgate.sock");
	if (s->ca == NULL)
		s->ca = s->own_ca = beside_store(s, "ca");
	if (s->trust == NULL)
		s->trust = "/etc/ssl/certs/ca-certificates.crt";
	if (s->spool == NULL)
		s->spool = "/var/tmp";
	if (s->workers == 0)
		s->workers = cores();
	if (s->hold == 0)
		s->hold = HOLD_DEFAULT;
	if (s->hold_total == 0)
		s->hold_total = HOLD_TOTAL_DEFAULT;
}

void
interception_fini(struct settings *settings)
{
	free((uint16_t *)settings->ports);
	free(settings->own_control);
	free(settings->own_ca);
}
