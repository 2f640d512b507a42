/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of one upload of contacts. Counts only: no identifier, no
 * name, no hash of one ever enters these structs.
 */
#ifndef CORE_EVIDENCE_H
#define CORE_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

/* Uploads with fewer contacts are counted, not reported, unless configured. */
#define BULK_THRESHOLD 20

enum method { METHOD_NONE, METHOD_ENDPOINT, METHOD_SIZE, METHOD_CONTENT };
enum confidence { CONFIDENCE_NONE, CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH };

#define CONTACTS_UNKNOWN (-1)

/* An estimate of how many people an upload names; low <= best <= high. */
struct contacts {
	int64_t low, best, high;	/* CONTACTS_UNKNOWN where not known */
	enum method method;
	enum confidence confidence;
};

/* Distinct identifiers found inside one body. */
struct identifiers {
	uint32_t phone, email, hash, name, vcard;
};

enum format {
	FORMAT_NONE, FORMAT_VCARD, FORMAT_JSCARD, FORMAT_JSON, FORMAT_FORM,
	FORMAT_CSV, FORMAT_LDIF, FORMAT_PROTOBUF, FORMAT_MULTIPART,
	FORMAT_WBXML, FORMAT_XML, FORMAT_TEXT
};

#define MEDIA_TYPE_MAX 64
#define ENCODING_MAX 16

/*
 * One upload: one request body, one oversized frame, or one series of small
 * equal uploads.
 */
struct upload {
	uint64_t begin_us, end_us;
	uint64_t bytes_up, bytes_down;	/* of this upload and its answer */
	struct contacts contacts;
	struct identifiers identifiers;	/* with METHOD_CONTENT */
	char media_type[MEDIA_TYPE_MAX];	/* lower case, no parameters; "" unknown */
	char encoding[ENCODING_MAX];	/* Content-Encoding; "" none */
	enum format format;
};

const char *method_name(enum method method);
const char *confidence_name(enum confidence confidence);
const char *format_name(enum format format);	/* NULL for FORMAT_NONE */

#endif
