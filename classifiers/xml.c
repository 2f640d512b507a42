/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XML: xCard (RFC 6351), SOAP requests that make contacts, and WebDAV reports
 * with vCards in their text or CDATA. No entity is expanded but the five of
 * XML 1.0 section 4.6, so there is nothing to bomb with.
 *
 * An element without children is a field of the element around it; one with
 * children is a record, unless its name says that it only holds identifiers.
 */
#include "classifiers/body.h"

#include <string.h>

/* Deeper elements are stepped over. */
#define DEPTH_MAX 32

enum place { IN_TEXT, IN_TAG, IN_QUOTE, IN_CDATA, IN_COMMENT, IN_ENTITY };

struct element {
	uint8_t word;		/* enum word of its name or of those around */
	uint8_t base;		/* its marks on the stack */
	bool name, traffic, card, book, parent;
	bool fields;		/* its attributes hold identifiers */
	uint32_t path;
};

struct xml {
	struct parser parser;
	uint8_t place;		/* enum place */
	bool tag_named;		/* the name of the tag is complete */
	char quote, last;	/* of an attribute; the byte before */
	unsigned ends;		/* bytes of "]]>" or "-->" seen */
	char tag[KEY_MAX];	/* name of a tag or an attribute */
	uint8_t tag_len;
	char entity[12];
	uint8_t entity_len;
	bool close;		/* the tag is an end tag */
	bool skip;		/* a declaration or an instruction */
	unsigned depth;		/* may exceed DEPTH_MAX */
	struct element elements[DEPTH_MAX];
	struct value value;
};

static bool
xml_sniff(const struct sample *sample)
{
	const char *text = sample->text;
	size_t at = 0, len = sample->len;

	if (sample->field)
		return false;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	while (at < len && (text[at] == ' ' || text[at] == '\n' ||
	    text[at] == '\r' || text[at] == '\t'))
		at++;
	return at + 1 < len && text[at] == '<' && (text[at + 1] == '?' ||
	    text[at + 1] == '!' || (text[at + 1] | 0x20) >= 'a');
}

static struct element *
element_top(struct xml *xml)
{
	return xml->depth > 0 && xml->depth <= DEPTH_MAX ?
	    &xml->elements[xml->depth - 1] : NULL;
}

static bool
word_identifies(unsigned word)
{
	return word == WORD_PHONE || word == WORD_EMAIL || word == WORD_NUMBER;
}

/* The name without its namespace prefix. */
static void
tag_local(const struct xml *xml, const char **name, size_t *len)
{
	const char *colon = memchr(xml->tag, ':', xml->tag_len);

	*name = colon ? colon + 1 : xml->tag;
	*len = xml->tag_len - (size_t)(*name - xml->tag);
}

static void
element_open(struct xml *xml)
{
	struct element *in = element_top(xml), *element;
	const char *name;
	enum word word;
	size_t len;

	/* What text stood before it ends here, and its marks with it. */
	value_begin(&xml->value);
	tag_local(xml, &name, &len);
	if (in != NULL)
		in->parent = true;
	if (++xml->depth > DEPTH_MAX)
		return;
	element = &xml->elements[xml->depth - 1];
	word = lexicon_word(name, len);
	*element = (struct element){
		.word = (uint8_t)(word != WORD_NONE ? word : in ? in->word : 0),
		.base = (uint8_t)xml->parser.census->top,
		.book = (in ? in->book : xml->parser.book) || word == WORD_HASH,
		.card = len == 5 && memcmp(name, "vcard", 5) == 0,
		.path = (in ? in->path : 0) * 31 + (uint32_t)len * 7 + (uint8_t)*name
	};
}

static void
element_field(struct xml *xml, struct element *element, enum word word)
{
	struct element *in = xml->depth > 1 ? &xml->elements[xml->depth - 2] : element;
	struct value *value = &xml->value;

	if (!value_end(value))
		return;
	if (word == WORD_NAME)
		element->name = in->name = true;
	if (word == WORD_PARTY || word == WORD_TRADE)
		element->traffic = in->traffic = true;
	census_value(xml->parser.census, value->text, value->len,
	    lexicon_hint(word, element->book));
}

static void
element_person(struct xml *xml, const struct element *element)
{
	struct census *census = xml->parser.census;
	struct person person = {
		.base = element->base, .shape = element->path,
		.name = element->name, .traffic = element->traffic,
		.known = element->card, .card = element->card,
		.single = xml->depth == 0, .book = element->book
	};

	if (census->top - element->base > PERSON_MAX && !element->card)
		census_people(census, &person);
	else
		census_person(census, &person);
}

/* Ends the innermost element, whatever the end tag is called. */
static void
element_close(struct xml *xml)
{
	struct element *element = element_top(xml);

	if (xml->depth == 0)
		return;
	if (element != NULL && !element->parent)
		element_field(xml, element, element->word);
	else
		value_end(&xml->value);
	value_begin(&xml->value);
	xml->depth--;
	if (element == NULL)
		return;
	if (element->card || ((element->parent || element->fields) &&
	    !word_identifies(element->word)))
		element_person(xml, element);
}

/* ---- bytes ------------------------------------------------------------------------ */

static void
text_add(struct xml *xml, const char *data, size_t len)
{
	/* Leading blanks would hide what the text is. */
	while (len > 0 && xml->value.len == 0 && xml->value.child == NULL &&
	    (*data == ' ' || *data == '\n' || *data == '\r' || *data == '\t')) {
		data++;
		len--;
	}
	value_add(&xml->value, xml->parser.census, data, len, false);
}

static void
tag_begin(struct xml *xml)
{
	xml->place = IN_TAG;
	xml->tag_named = xml->close = xml->skip = false;
	xml->tag_len = 0;
	xml->last = '<';
}

/* "<![CDATA[" and "<!--" look like tags until that much of them is read. */
static void
tag_special(struct xml *xml)
{
	if (xml->tag_len == 3 && memcmp(xml->tag, "!--", 3) == 0)
		xml->place = IN_COMMENT;
	else if (xml->tag_len == 8 && memcmp(xml->tag, "![CDATA[", 8) == 0)
		xml->place = IN_CDATA;
	xml->ends = 0;
}

static void
tag_end(struct xml *xml)
{
	bool empty = xml->last == '/';

	xml->place = IN_TEXT;
	if (xml->close) {
		element_close(xml);
		return;
	}
	if (xml->skip)
		return;
	if (!xml->tag_named) {
		if (empty && xml->tag_len > 0)
			xml->tag_len--;
		element_open(xml);
	}
	if (empty)
		element_close(xml);
}

static void
tag_byte(struct xml *xml, char c)
{
	bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';

	if (c == '>') {
		tag_end(xml);
		return;
	}
	if (xml->tag_len == 0 && !xml->tag_named && c == '/')
		xml->close = true;
	else if (xml->tag_len == 0 && !xml->tag_named && c == '?')
		xml->skip = true;
	else if ((c == '"' || c == '\'') && !xml->skip && !xml->close) {
		xml->quote = c;
		xml->place = IN_QUOTE;
		value_begin(&xml->value);
	} else if (blank && !xml->tag_named && !xml->skip && !xml->close) {
		xml->skip = xml->tag_len > 0 && xml->tag[0] == '!';
		if (!xml->skip)
			element_open(xml);
		xml->tag_named = true;
		xml->tag_len = 0;
	} else if (blank) {
		xml->tag_len = 0;
	} else if (c != '=' && xml->tag_len < KEY_MAX) {
		xml->tag[xml->tag_len++] = c;
		if (!xml->tag_named && xml->tag[0] == '!')
			tag_special(xml);
	}
	xml->last = c;
}

/* An attribute is a field of its element. */
static void
quote_end(struct xml *xml)
{
	struct element *element = element_top(xml);
	struct value *value = &xml->value;
	const char *name;
	enum word word;
	size_t len;

	xml->place = IN_TAG;
	tag_local(xml, &name, &len);
	if (value_end(value) && element != NULL) {
		word = lexicon_word(name, len);
		element->name |= word == WORD_NAME && element->word != WORD_NAME;
		element->traffic |= word == WORD_PARTY || word == WORD_TRADE;
		element->fields |= word_identifies(word);
		census_value(xml->parser.census, value->text, value->len,
		    lexicon_hint(word, false));
	}
	value_begin(value);
	xml->tag_len = 0;
}

static void
entity_end(struct xml *xml)
{
	static const char *const names[] = { "amp", "lt", "gt", "quot", "apos" };
	static const char values[] = "&<>\"'";
	char c = '?';

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == xml->entity_len &&
		    memcmp(names[i], xml->entity, xml->entity_len) == 0)
			c = values[i];
	/* Carriage returns and "+" come as numbers as well. */
	if (xml->entity_len >= 2 && xml->entity[0] == '#') {
		unsigned code = 0;
		bool hex = xml->entity[1] == 'x';

		for (size_t i = hex ? 2 : 1; i < xml->entity_len; i++)
			code = code * (hex ? 16 : 10) + (unsigned)(xml->entity[i] <= '9' ?
			    xml->entity[i] - '0' : (xml->entity[i] | 0x20) - 'a' + 10);
		if (code < 0x80)
			c = (char)code;
	}
	xml->place = IN_TEXT;
	text_add(xml, &c, 1);
}

static void
entity_byte(struct xml *xml, char c)
{
	if (c == ';' || xml->entity_len == sizeof(xml->entity))
		entity_end(xml);
	else
		xml->entity[xml->entity_len++] = c;
}

/* In CDATA all is text up to "]]>"; in a comment nothing is, up to "-->". */
static void
section_byte(struct xml *xml, char c, char end)
{
	if (c == '>' && xml->ends >= 2) {
		if (end == ']')
			for (unsigned i = 2; i < xml->ends; i++)
				text_add(xml, "]", 1);
		xml->place = IN_TEXT;
		return;
	}
	if (c == end) {
		xml->ends++;
		return;
	}
	if (end == ']') {
		for (; xml->ends > 0; xml->ends--)
			text_add(xml, "]", 1);
		text_add(xml, &c, 1);
	}
	xml->ends = 0;
}

static size_t
text_run(struct xml *xml, const char *data, size_t len)
{
	size_t at = 0;

	while (at < len && data[at] != '<' && data[at] != '&')
		at++;
	if (at > 0)
		text_add(xml, data, at);
	if (at == len)
		return at;
	if (data[at] == '<') {
		tag_begin(xml);
	} else {
		xml->place = IN_ENTITY;
		xml->entity_len = 0;
	}
	return at + 1;
}

/* A run of CDATA without the byte that could end it. */
static size_t
cdata_run(struct xml *xml, const char *data, size_t len)
{
	const char *stop = memchr(data, ']', len);
	size_t run = stop ? (size_t)(stop - data) : len;

	if (run == 0 || xml->ends > 0) {
		section_byte(xml, *data, ']');
		return 1;
	}
	text_add(xml, data, run);
	return run;
}

static void
xml_feed(void *state, const char *data, size_t len)
{
	struct xml *xml = state;

	while (len > 0) {
		size_t used = 1;

		switch ((enum place)xml->place) {
		case IN_TEXT:
			used = text_run(xml, data, len);
			break;
		case IN_TAG:
			tag_byte(xml, *data);
			break;
		case IN_QUOTE:
			if (*data == xml->quote)
				quote_end(xml);
			else
				value_add(&xml->value, xml->parser.census, data, 1,
				    false);
			break;
		case IN_CDATA:
			used = cdata_run(xml, data, len);
			break;
		case IN_COMMENT:
			section_byte(xml, *data, '-');
			break;
		case IN_ENTITY:
			entity_byte(xml, *data);
			break;
		}
		data += used;
		len -= used;
	}
}

static void
xml_start(void *state, const struct sample *sample)
{
	(void)state;
	(void)sample;
}

static void
xml_gap(void *state)
{
	struct xml *xml = state;

	value_end(&xml->value);
	value_begin(&xml->value);
	xml->value.overlong = true;
}

static void
xml_end(void *state)
{
	struct xml *xml = state;

	while (xml->depth > 0)
		element_close(xml);
	value_end(&xml->value);
	explicit_bzero(xml->value.text, sizeof(xml->value.text));
}

const struct format_row format_xml = {
	FORMAT_XML, "xml", sizeof(struct xml), xml_sniff, xml_start,
	xml_feed, xml_gap, xml_end
};
