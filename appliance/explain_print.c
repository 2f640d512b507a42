/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/explain.h"
#include "core/event_json.h"

/* What a class means for the organisation, in the words of the law. */
static const char *const class_words[] = {
	"A: transfer by the organisation to a recipient outside the EEA (chapter V GDPR)",
	("B: disclosure to an entity in the EEA (Art 6 GDPR), and onward transfer by it "
	"to its group outside the EEA (Art 44 GDPR)"),
	"C: transfer to a country with an adequacy decision (Art 45 GDPR)",
	"D: no transfer: received inside the EEA or by the organisation itself",
};

static const char *
class_text(const struct recipient *recipient)
{
	if (recipient->country[0] == '\0' && recipient->class == 'A')
		return "A until the recipient is known: whether it is a transfer cannot be told";
	if (recipient->class < 'A' || recipient->class > 'D')
		return "unknown";
	return class_words[recipient->class - 'A'];
}

static const char *
or_unknown(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : "unknown";
}

/* Text begins behind the label and stays within this many columns. */
#define LABEL 12
#define WIDTH 80

/* Prints a label and a text, broken between words. */
static void
line(const char *label, const char *text)
{
	size_t room = WIDTH - LABEL - 2, len;

	printf("%-*s", LABEL, label);
	while (*text != '\0') {
		len = strlen(text);
		if (len > room) {
			for (len = room; len > 0 && text[len] != ' '; len--)
				;
			if (len == 0)
				len = strcspn(text, " ");
		}
		printf("  %.*s\n", (int)len, text);
		text += len;
		text += strspn(text, " ");
		if (*text != '\0')
			printf("%-*s", LABEL, "");
	}
}

__attribute__((format(printf, 2, 3)))
static void
line_of(const char *label, const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	line(label, text);
}

static void
service_print(const struct explanation *found)
{
	if (found->host != NULL)
		line("Host", found->host);
	if (found->ip != NULL)
		line("Address", found->ip);
	if (found->service == NULL) {
		line("Service", "unknown: no service of the rules has this name or address");
		return;
	}
	line_of("Service", "%s (%s)", found->service->name, found->service->id);
	line("Call", found->call ? found->call->id :
	    "unknown: the name alone does not tell");
}

static void
recipient_print(const struct recipient *r)
{
	if (r->entity[0] == '\0') {
		line_of("Recipient", "not known (%s)", r->service);
	} else {
		line_of("Recipient", "%s, %s (%s); %s", r->entity,
		    or_unknown(r->country), r->id, r->role);
		if (r->parent[0] != '\0' && strcmp(r->parent, r->entity) != 0)
			line_of("Parent", "%s, %s", r->parent,
			    or_unknown(r->parent_country));
		if (r->class != 'D' && r->eea_entity[0] == '\0')
			line("", "no entity inside the EEA is known");
	}
	line("Class", class_text(r));
	if (r->note[0] != '\0')
		line("Known", r->note);
}

static const char *
outside_text(enum outside outside)
{
	static const char *const texts[] = { "no: inside the EEA",
		"yes: outside the EEA", "not known" };

	return texts[outside];
}

static void
transfer_print(const char *when, day_t on, const struct transfer *t)
{
	char day[DAY_TEXT_MAX], from[DAY_TEXT_MAX], to[DAY_TEXT_MAX];

	printf("\n%s %s\n", when, day_text(on, day));
	line("  Outside", outside_text(t->outside));
	line("  Status", transfer_status_name(t->status));
	line_of("  By", "%s%s%s", t->mechanism, t->instrument[0] ? ", " : "",
	    t->instrument);
	if (t->from != DAY_NONE)
		line_of("  Period", "from %s %s%s", day_text(t->from, from),
		    t->to == DAY_NONE ? "on" : "to ", day_text(t->to, to));
	line("  Note", t->note);
}

/* The same footing need not be told twice. */
static bool
transfers_differ(const struct transfer *a, const struct transfer *b)
{
	return a->status != b->status || a->outside != b->outside ||
	    strcmp(a->mechanism, b->mechanism) != 0 ||
	    strcmp(a->instrument, b->instrument) != 0;
}

/* What the appliance can know of an upload to it. */
static const char *
seen_text(const struct explanation *found)
{
	if (found->open)
		return "what is uploaded is read, and held back until it is judged";
	if (found->measured)
		return "not its content: only that the server was asked, and lengths on the wire";
	return "nothing of what is encrypted: it is passed on untouched, and an upload in it "
	    "is neither noticed nor stopped";
}

void
explain_text(const struct explanation *found)
{
	char day[DAY_TEXT_MAX];

	service_print(found);
	recipient_print(found->recipient);
	transfer_print("On", found->on, &found->transfer);
	if (found->on != found->today &&
	    transfers_differ(&found->transfer, &found->transfer_today))
		transfer_print("Today,", found->today, &found->transfer_today);
	else if (found->on != found->today)
		printf("\nToday, as far as known on %s, the footing is the same.\n",
		    day_text(law_date(found->rules), day));
	putchar('\n');
	line("Device", found->group ? found->group : "of no group");
	line("Opened", found->open_reason);
	line("Seen", seen_text(found));
	line_of("Verdict", "%s, by the rule \"%s\"", action_name(found->verdict.action),
	    found->verdict.rule);
	line("Reason", found->verdict.reason);
	printf("\nAccording to reference data of %s, to be confirmed by the "
	    "organisation.\nRules %s\n", day_text(law_date(found->rules), day),
	    rules_digest(found->rules));
}

bool
explain_json(const struct explanation *found)
{
	const struct recipient *r = found->recipient;
	char *text = json_line(json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:s, s:o, s:{s:o, s:s}}",
	    "host", json_text(found->host), "ip", json_text(found->ip),
	    "group", json_text(found->group), "date", json_day(found->on),
	    "service", json_text(found->service ? found->service->id : NULL),
	    "call", json_text(found->call ? found->call->id : NULL),
	    "contacts", json_contacts(&found->contacts),
	    "recipient", json_recipient(r->id, r->entity, r->country, r->class),
	    "transfer", json_transfer(&found->transfer),
	    "transfer_today", json_transfer(&found->transfer_today),
	    "open", found->open, "open_reason", found->open_reason,
	    "verdict", json_verdict(&found->verdict),
	    "rules", "date", json_day(law_date(found->rules)),
	    "digest", rules_digest(found->rules)));

	if (text == NULL)
		return false;
	puts(text);
	free(text);
	return true;
}
