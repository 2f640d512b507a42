/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root as an Apple configuration profile: a property list in XML, with one
 * payload of type com.apple.security.root. Its identifiers follow from the
 * certificate, so that a device sees an update and not a second profile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "proxy/authority.h"

/* Base64 in lines, as Apple's own tools write it. */
#define LINE 64
#define UUID_TEXT 37

/* RFC 9562 section 5.8: version 8, whose bits are the maker's own. */
static void
uuid_of(const uint8_t *der, size_t len, const char *label, char text[UUID_TEXT])
{
	uint8_t id[SHA256_LEN];

	digest_hmac(label, strlen(label), der, len, id);
	id[6] = (uint8_t)((id[6] & 0x0f) | 0x80);
	id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
	snprintf(text, UUID_TEXT, "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-"
	    "%02X%02X%02X%02X%02X%02X", id[0], id[1], id[2], id[3], id[4], id[5],
	    id[6], id[7], id[8], id[9], id[10], id[11], id[12], id[13], id[14], id[15]);
}

/* XML 1.0 sections 2.2 and 2.4: most control characters cannot be written at all. */
static void
xml_put(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c == '&')
			fputs("&amp;", out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else
			fputc(c < 0x20 || c == 0x7f ? ' ' : c, out);
	}
}

static void
string_put(FILE *out, int depth, const char *key, const char *before,
    const char *value)
{
	static const char tabs[] = "\t\t\t";

	fprintf(out, "%.*s<key>%s</key>\n%.*s<string>%s", depth, tabs, key, depth, tabs,
	    before);
	xml_put(out, value);
	fputs("</string>\n", out);
}

/* False when memory is out. */
static bool
data_put(FILE *out, const uint8_t *der, size_t len)
{
	char *text = malloc(4 * ((len + 2) / 3) + 1);
	size_t all;

	if (text == NULL)
		return false;
	all = strlen(base64_text(der, len, text));
	fputs("\t\t\t<key>PayloadContent</key>\n\t\t\t<data>\n", out);
	for (size_t at = 0; at < all; at += LINE)
		fprintf(out, "\t\t\t%.*s\n", LINE, text + at);
	fputs("\t\t\t</data>\n", out);
	free(text);
	return true;
}

static bool
profile_put(FILE *out, const uint8_t *der, size_t len, const char *organisation)
{
	char outer[UUID_TEXT], inner[UUID_TEXT];

	uuid_of(der, len, "profile", outer);
	uuid_of(der, len, "root", inner);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
	    "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
	    "<plist version=\"1.0\">\n<dict>\n"
	    "\t<key>PayloadContent</key>\n\t<array>\n\t\t<dict>\n"
	    "\t\t\t<key>PayloadCertificateFileName</key>\n"
	    "\t\t\t<string>bookgate-root.cer</string>\n", out);
	if (!data_put(out, der, len))
		return false;
	string_put(out, 3, "PayloadDisplayName", "bookgate root", "");
	string_put(out, 3, "PayloadIdentifier", "bookgate.root.", inner);
	string_put(out, 3, "PayloadType", "com.apple.security.root", "");
	string_put(out, 3, "PayloadUUID", "", inner);
	fputs("\t\t\t<key>PayloadVersion</key>\n\t\t\t<integer>1</integer>\n"
	    "\t\t</dict>\n\t</array>\n", out);
	string_put(out, 1, "PayloadDisplayName", "bookgate", "");
	string_put(out, 1, "PayloadIdentifier", "bookgate.profile.", outer);
	if (organisation != NULL && organisation[0] != '\0')
		string_put(out, 1, "PayloadOrganization", "", organisation);
	string_put(out, 1, "PayloadType", "Configuration", "");
	string_put(out, 1, "PayloadUUID", "", outer);
	fputs("\t<key>PayloadVersion</key>\n\t<integer>1</integer>\n"
	    "</dict>\n</plist>\n", out);
	return true;
}

char *
authority_profile(const uint8_t *der, size_t len, const char *organisation)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool done;

	if (out == NULL)
		return NULL;
	done = profile_put(out, der, len, organisation);
	if (fclose(out) == 0 && done)
		return text;
	free(text);
	return NULL;
}
