/* SPDX-License-Identifier: Apache-2.0 */
/* One field section of HTTP/2, kept as one block until the other end has it. */
#include <stdlib.h>
#include <string.h>

#include "proxy/h2_stream.h"

/* Fields and bytes of an ordinary request, so that most sections never grow. */
#define FIELDS_FIRST 16
#define TEXT_FIRST ((size_t)1000)

static bool
section_room(struct h2_section *section, size_t len)
{
	size_t size = section->size ? section->size : TEXT_FIRST;
	size_t room = section->room ? section->room * 2 : FIELDS_FIRST;
	nghttp2_nv *fields;
	uint8_t *text;

	while (size < section->len + len)
		size *= 2;
	if (size > section->size) {
		text = realloc(section->text, size);
		if (text == NULL)
			return false;
		section->text = text;
		section->size = size;
	}
	if (section->count < section->room)
		return true;
	fields = reallocarray(section->fields, room, sizeof(*fields));
	if (fields == NULL)
		return false;
	section->fields = fields;
	section->room = room;
	return true;
}

static void
section_put(struct h2_section *section, const uint8_t *text, size_t len)
{
	if (len > 0)
		memcpy(section->text + section->len, text, len);
	section->text[section->len + len] = '\0';
	section->len += len + 1;
}

bool
h2_section_add(struct h2_section *section, const uint8_t *name, size_t name_len,
    const uint8_t *value, size_t value_len, uint8_t flags)
{
	size_t cost = name_len + value_len + H2_FIELD_COST;

	if (cost > H2_SECTION_MAX - section->cost ||
	    !section_room(section, name_len + value_len + 2))
		return false;
	section->cost += cost;
	section_put(section, name, name_len);
	section_put(section, value, value_len);
	/* Where they are is known when the text grows no more. */
	section->fields[section->count++] = (nghttp2_nv){
		NULL, NULL, name_len, value_len,
		(uint8_t)((flags & NGHTTP2_NV_FLAG_NO_INDEX) |
		    NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE)
	};
	return true;
}

bool
h2_section_text(struct h2_section *section, const char *name, const char *value)
{
	return h2_section_add(section, (const uint8_t *)name, strlen(name),
	    (const uint8_t *)value, strlen(value), 0);
}

void
h2_section_finish(struct h2_section *section)
{
	uint8_t *at = section->text;

	for (size_t i = 0; i < section->count; i++) {
		section->fields[i].name = at;
		at += section->fields[i].namelen + 1;
		section->fields[i].value = at;
		at += section->fields[i].valuelen + 1;
	}
}

const char *
h2_section_value(const struct h2_section *section, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < section->count; i++)
		if (section->fields[i].namelen == len &&
		    memcmp(section->fields[i].name, name, len) == 0)
			return (const char *)section->fields[i].value;
	return "";
}

void
h2_section_clear(struct h2_section *section)
{
	free(section->fields);
	free(section->text);
	memset(section, 0, sizeof(*section));
}
