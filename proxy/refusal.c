/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client is told: for a person with a phone, in plain sentences, or for
 * the program that asked, as JSON.
 */
#include "proxy/refusal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proxy/refusal_text.h"

/* What is said, before it has a form. */
struct message {
	const char *error;		/* for programs */
	int language;
	const char *title;
	const char *before, *name, *after;	/* sentences; the organisation's name among them */
	const char *rule_label, *rule;	/* NULL: not about an upload; "": none has a name */
	const char *contact_label, *contact;	/* contact "": nobody to ask */
};

/* Words of a stopped upload, by language as in text_languages. */
static const struct words {
	const char *title, *before, *anonymous, *after, *rule, *contact;
} words[TEXT_LANGUAGES] = {
	{
		"Upload stopped",
		"This upload holds contact details of many people.",
		"Your organisation",
		" does not allow them to be sent to this recipient. "
		"The app keeps working; only this upload was stopped.",
		"Rule", "Questions? Ask the data protection officer"
	}, {
		"Upload tegengehouden",
		"Deze upload bevat contactgegevens van veel mensen.",
		"Uw organisatie",
		" staat niet toe dat die naar deze ontvanger worden gestuurd. "
		"De app blijft werken; alleen deze upload is tegengehouden.",
		"Regel", "Vragen? Neem contact op met de functionaris gegevensbescherming"
	}, {
		"Upload angehalten",
		"Dieser Upload enthält Kontaktdaten vieler Personen.",
		"Ihre Organisation",
		" erlaubt nicht, sie an diesen Empfänger zu senden. "
		"Die App funktioniert weiter; nur dieser Upload wurde angehalten.",
		"Regel", "Fragen? Wenden Sie sich an die Datenschutzstelle"
	}, {
		"Wysyłanie zatrzymane",
		"Wysyłane dane zawierają dane kontaktowe wielu osób.",
		"Twoja organizacja",
		" nie zezwala na wysłanie ich do tego odbiorcy. "
		"Aplikacja działa dalej; zatrzymano tylko to wysyłanie.",
		"Reguła", "Pytania? Skontaktuj się z inspektorem ochrony danych"
	}
};

/* ---- forms ---------------------------------------------------------------------- */

static void
sentences_write(FILE *out, const struct message *message,
    void (*put)(FILE *out, const char *text))
{
	fputs(message->before, out);
	if (message->name[0] != '\0') {
		fputc(' ', out);
		put(out, message->name);
	}
	fputs(message->after, out);
}

static void
write_plain(FILE *out, const struct message *message)
{
	fprintf(out, "%s\n\n", message->title);
	sentences_write(out, message, text_plain);
	fputc('\n', out);
	if (message->rule != NULL && message->rule[0] != '\0') {
		fprintf(out, "\n%s: ", message->rule_label);
		text_plain(out, message->rule);
		fputc('\n', out);
	}
	if (message->contact[0] != '\0') {
		fprintf(out, "%s: ", message->contact_label);
		text_plain(out, message->contact);
		fputc('\n', out);
	}
}

static void
json_field(FILE *out, const char *name, const char *value)
{
	fprintf(out, ",\"%s\":", name);
	text_json(out, value);
}

static void
write_json(FILE *out, const struct message *message)
{
	char *sentence = NULL;
	size_t len;
	FILE *text = open_memstream(&sentence, &len);

	if (text == NULL)
		return;
	sentences_write(text, message, text_plain);
	if (fclose(text) == 0) {
		fprintf(out, "{\"error\":\"%s\"", message->error);
		json_field(out, "message", sentence);
		if (message->rule != NULL) {
			json_field(out, "rule", message->rule);
			json_field(out, "organisation", message->name);
			json_field(out, "contact", message->contact);
		}
		json_field(out, "lang", text_languages[message->language]);
		fputs("}\n", out);
	}
	free(sentence);
}

static void
write_html(FILE *out, const struct message *message)
{
	fprintf(out, "<!doctype html>\n<html lang=\"%s\">\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s</title>\n"
	    "<style>body { max-width: 40em; margin: 3em auto; padding: 0 1em;"
	    " font: 1.05em/1.5 sans-serif }</style>\n"
	    "<h1>%s</h1>\n<p>", text_languages[message->language], message->title,
	    message->title);
	sentences_write(out, message, text_html);
	fputs("</p>\n", out);
	if (message->rule != NULL && message->rule[0] != '\0') {
		fprintf(out, "<p>%s: <strong>", message->rule_label);
		text_html(out, message->rule);
		fputs("</strong></p>\n", out);
	}
	if (message->contact[0] != '\0') {
		fprintf(out, "<p>%s: ", message->contact_label);
		text_html(out, message->contact);
		fputs("</p>\n", out);
	}
	fputs("</html>\n", out);
}

/* In the order in which they are taken when Accept does not care. */
static const struct form {
	const char *type, *subtype;	/* as Accept names it */
	const char *media_type;		/* as Content-Type does */
	void (*write)(FILE *out, const struct message *message);
} forms[] = {
	{ "text", "plain", "text/plain; charset=utf-8", write_plain },
	{ "text", "html", "text/html; charset=utf-8", write_html },
	{ "application", "json", "application/json", write_json },
};

#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* ---- Accept (RFC 9110 section 12.5.1) ------------------------------------------------ */

/* How well a range fits: 0 not at all, 1 by "*" "/" "*", 2 by its type, 3 by both. */
static int
range_fits(struct text_value range, const struct form *form)
{
	const char *slash = memchr(range.at, '/', range.len), *sub;
	size_t type, len, want = strlen(form->subtype);

	if (slash == NULL)
		return 0;
	type = (size_t)(slash - range.at);
	sub = slash + 1;
	len = range.len - type - 1;
	if (type == 1 && range.at[0] == '*')
		return 1;
	if (type != strlen(form->type) || strncasecmp(range.at, form->type, type) != 0)
		return 0;
	if (len == 1 && *sub == '*')
		return 2;
	/* "application/vnd.api+json" is read by who reads JSON (RFC 6839). */
	if (len > want && sub[len - want - 1] == '+') {
		sub += len - want;
		len = want;
	}
	return len == want && strncasecmp(sub, form->subtype, len) == 0 ? 3 : 0;
}

/* How much a form is wished for: by its weight, then by how plainly it is named. */
static int
form_weight(const struct form *form, const char *accept)
{
	size_t len = strlen(accept);
	struct text_value range;
	int weight, best = 0, fits, closest = 0, place = 64;

	while ((weight = text_weighed(&accept, &len, &range)) >= 0) {
		fits = range_fits(range, form);
		place -= place > 0;
		/* The closest range decides, whatever weight others have. */
		if (fits > closest) {
			closest = fits;
			best = weight > 0 ? weight * 512 + fits * 64 + (fits == 3 ? place : 0) : 0;
		}
	}
	return best;
}

static const struct form *
form_choose(const char *accept)
{
	const struct form *best = &forms[0];
	int most = 0;

	for (size_t i = 0; accept != NULL && i < FORMS; i++) {
		int weight = form_weight(&forms[i], accept);

		if (weight > most) {
			most = weight;
			best = &forms[i];
		}
	}
	return best;
}

/* ---- messages ---------------------------------------------------------------------------- */

static struct refusal
refusal_write(const struct message *message, const char *accept)
{
	const struct form *form = form_choose(accept);
	struct refusal refusal = { form->media_type, NULL, 0 };
	FILE *out = open_memstream(&refusal.body, &refusal.len);
	bool bad;

	if (out == NULL)
		return refusal;
	form->write(out, message);
	bad = ferror(out) != 0;
	if (fclose(out) != 0 || bad) {
		free(refusal.body);
		refusal.body = NULL;
		refusal.len = 0;
	}
	return refusal;
}

struct refusal
refusal_make(const struct settings *settings, const char *accept,
    const struct verdict *verdict)
{
	const struct organisation *org = &settings->organisation;
	int language = text_language(org->language, strlen(org->language));
	const struct words *w = &words[language < 0 ? 0 : language];
	struct message message = {
		"upload_blocked", language < 0 ? 0 : language, w->title, w->before,
		org->name[0] != '\0' ? org->name : w->anonymous, w->after, w->rule,
		verdict->rule, w->contact, org->dpo
	};

	return refusal_write(&message, accept);
}

struct refusal
refusal_fault(const char *accept)
{
	static const struct message message = {
		"bad_request", 0, "Request not sent on",
		"This request could be read in two ways, so it was not sent on.", "", "",
		NULL, NULL, "", ""
	};

	return refusal_write(&message, accept);
}
