/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/signer.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"

struct signer {
	struct authority *authority;
	EVP_PKEY *key;
	EVP_PKEY *worker;		/* of the last request: workers keep theirs */
	uint8_t worker_point[SIGNER_POINT_LEN];
	uint64_t counts[LEAF_RESULTS];
};

struct signer *
signer_new(const char *folder, struct problems *problems)
{
	struct signer *signer = xcalloc(1, sizeof(*signer));

	signer->authority = authority_load(folder, problems);
	if (signer->authority != NULL)
		signer->key = authority_key_load(signer->authority, folder, problems);
	if (signer->key != NULL && authority_valid(signer->authority, time(NULL)))
		return signer;
	if (signer->key != NULL)
		problem_add(problems, folder, 0, 0, "the authority's certificates are not "
		    "valid today; \"bookgate ca show\" tells their dates");
	signer_free(signer);
	return NULL;
}

void
signer_free(struct signer *signer)
{
	if (signer == NULL)
		return;
	/* The library overwrites a private number when its last owner goes. */
	EVP_PKEY_free(signer->key);
	EVP_PKEY_free(signer->worker);
	authority_free(signer->authority);
	free(signer);
}

const uint64_t *
signer_counts(const struct signer *signer)
{
	return signer->counts;
}

/* ---- one request ----------------------------------------------------------------- */

static time_t
time_take(struct buf *b)
{
	uint64_t high = buf_u32(b);

	return (time_t)(high << 32 | buf_u32(b));
}

/* u8 length, then the text; false when it is longer than what is left. */
static bool
text_take(struct buf *b, const char **text, size_t *len)
{
	*len = buf_u8(b);
	*text = (const char *)buf_take(b, *len);
	return *text != NULL && *len > 0;
}

static bool
host_take(struct buf *b, struct leaf_request *request)
{
	const char *text;
	size_t len;

	if (!text_take(b, &text, &len) || !authority_name_valid(text, len) ||
	    text[0] == '*')
		return false;
	memcpy(request->host, text, len);
	request->host[len] = '\0';
	return true;
}

static bool
names_take(struct buf *b, struct leaf_request *request)
{
	unsigned count = buf_u8(b);
	const char *text;
	size_t len;

	if (count == 0 || count > LEAF_NAMES_MAX)
		return false;
	while (count-- > 0) {
		if (!text_take(b, &text, &len) || !leaf_request_add(request, text, len))
			return false;
	}
	return buf_ok(b) && buf_left(b) == 0;
}

/* Everything after the tag. */
static bool
request_take(struct buf *b, struct leaf_request *request, const uint8_t **point)
{
	request->not_before = time_take(b);
	request->not_after = time_take(b);
	request->count = request->used = 0;
	*point = buf_take(b, SIGNER_POINT_LEN);
	return *point != NULL && host_take(b, request) && names_take(b, request);
}

/* SEC 1 section 2.3.4; the library refuses what does not lie on the curve. */
static EVP_PKEY *
point_key(const uint8_t *point)
{
	char group[] = "P-256";
	uint8_t copy[SIGNER_POINT_LEN];
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy,
		    sizeof(copy)),
		OSSL_PARAM_construct_end()
	};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	memcpy(copy, point, sizeof(copy));
	if (copy[0] != 4 || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY,
	    (OSSL_PARAM *)(uintptr_t)params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	return key;
}

/* The worker's key, kept from its last request; NULL: it is none. */
static EVP_PKEY *
worker_key(struct signer *signer, const uint8_t *point)
{
	if (signer->worker != NULL &&
	    memcmp(signer->worker_point, point, SIGNER_POINT_LEN) == 0)
		return signer->worker;
	EVP_PKEY_free(signer->worker);
	signer->worker = point_key(point);
	memcpy(signer->worker_point, point, SIGNER_POINT_LEN);
	return signer->worker;
}

static enum leaf_result
leaf_sign(struct signer *signer, struct buf *b, time_t now, uint8_t *der, size_t *len)
{
	struct leaf_request request;
	const struct leaf_issuer issuer = {
		authority_gateway(signer->authority), signer->key, true
	};
	const uint8_t *point;
	enum leaf_result result;
	EVP_PKEY *key;

	if (!request_take(b, &request, &point))
		return LEAF_BAD_REQUEST;
	result = leaf_request_permit(&request, signer->authority);
	if (result != LEAF_DONE)
		return result;
	key = worker_key(signer, point);
	if (key == NULL)
		return LEAF_BAD_KEY;
	return leaf_build(&request, &issuer, key, now, der, len);
}

static size_t
u32_write(uint8_t *out, uint32_t value)
{
	out[0] = (uint8_t)(value >> 24);
	out[1] = (uint8_t)(value >> 16);
	out[2] = (uint8_t)(value >> 8);
	out[3] = (uint8_t)value;
	return 4;
}

size_t
signer_answer(struct signer *signer, const uint8_t *request, size_t len,
    time_t now, uint8_t reply[SIGNER_REPLY_MAX])
{
	struct buf b = buf_of(request, len);
	const uint8_t version = buf_u8(&b);
	const uint32_t tag = buf_u32(&b);
	enum leaf_result result = LEAF_BAD_REQUEST;
	size_t written = 0;

	if (version == SIGNER_VERSION && buf_ok(&b) && len <= SIGNER_REQUEST_MAX)
		result = leaf_sign(signer, &b, now, reply + SIGNER_REPLY_HEAD, &written);
	if (result != LEAF_DONE)
		written = 0;
	signer->counts[result]++;
	reply[0] = SIGNER_VERSION;
	u32_write(reply + 1, tag);
	reply[5] = (uint8_t)result;
	return SIGNER_REPLY_HEAD + written;
}

/* ---- the worker's side ------------------------------------------------------------- */

static size_t
text_write(uint8_t *out, const char *text)
{
	size_t len = strlen(text);

	out[0] = (uint8_t)len;
	memcpy(out + 1, text, len);
	return len + 1;
}

static size_t
time_write(uint8_t *out, time_t at)
{
	u32_write(out, (uint32_t)((uint64_t)at >> 32));
	u32_write(out + 4, (uint32_t)((uint64_t)at & UINT32_MAX));
	return 8;
}

size_t
signer_request_write(const struct leaf_request *leaf, EVP_PKEY *key, uint32_t tag,
    uint8_t request[SIGNER_REQUEST_MAX])
{
	uint8_t *at = request;
	size_t point;

	*at++ = SIGNER_VERSION;
	at += u32_write(at, tag);
	at += time_write(at, leaf->not_before);
	at += time_write(at, leaf->not_after);
	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, at,
	    SIGNER_POINT_LEN, &point) != 1 || point != SIGNER_POINT_LEN) {
		ERR_clear_error();
		return 0;
	}
	at += point;
	at += text_write(at, leaf->host);
	*at++ = (uint8_t)leaf->count;
	for (size_t i = 0; i < leaf->count; i++)
		at += text_write(at, leaf_request_name(leaf, i));
	return (size_t)(at - request);
}

bool
signer_reply_read(const uint8_t *data, size_t len, struct signer_reply *reply)
{
	struct buf b = buf_of(data, len);
	const uint8_t version = buf_u8(&b);
	const unsigned char *der;
	size_t left;

	reply->leaf = NULL;
	reply->tag = buf_u32(&b);
	reply->result = (enum leaf_result)buf_u8(&b);
	left = buf_left(&b);
	if (!buf_ok(&b) || version != SIGNER_VERSION ||
	    (unsigned)reply->result >= LEAF_RESULTS || left > LEAF_DER_MAX)
		return false;
	if (reply->result != LEAF_DONE)
		return left == 0;
	der = buf_take(&b, left);
	reply->leaf = d2i_X509(NULL, &der, (long)left);
	ERR_clear_error();
	if (reply->leaf != NULL && der == b.end)
		return true;
	X509_free(reply->leaf);
	reply->leaf = NULL;
	return false;
}
