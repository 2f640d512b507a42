/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of formats, and parsers made from its rows.
 */
#include "classifiers/body.h"

#include <stdlib.h>
#include <string.h>

/* In this order: what shows itself best first, loose text last. */
static const struct format_row *const formats[] = {
	&format_vcard, &format_wbxml, &format_zip, &format_multipart, &format_json,
	&format_xml, &format_ldif, &format_form, &format_mail, &format_protobuf,
	&format_list, &format_csv, &format_text,
};

struct parser *
parser_new(struct census *census, const struct sample *sample, bool book)
{
	const struct format_row *row = NULL;
	struct parser *parser;

	if (census->depth >= NEST_MAX)
		return NULL;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]) && !row; i++)
		if (formats[i]->sniff(sample))
			row = formats[i];
	if (row == NULL || (parser = calloc(1, row->size)) == NULL)
		return NULL;
	parser->row = row;
	parser->census = census;
	parser->base = census->top;
	parser->book = book;
	/* An archive's format is that of what it holds. */
	if (census->depth++ == 0 || census->format == FORMAT_NONE)
		census->format = row->format;
	row->start(parser, sample);
	return parser;
}

void
parser_feed(struct parser *parser, const char *data, size_t len)
{
	if (len > 0)
		parser->row->feed(parser, data, len);
}

void
parser_gap(struct parser *parser)
{
	if (parser->row->gap != NULL)
		parser->row->gap(parser);
}

void
parser_end(struct parser *parser)
{
	struct census *census = parser->census;
	size_t size = parser->row->size;

	parser->row->end(parser);
	census_drop(census, parser->base);
	census->depth--;
	explicit_bzero(parser, size);
	free(parser);
}
