/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks on disk, by AES-256-GCM (NIST SP 800-38D). The nonce is a counter
 * (section 8.2.1): the key is made here and used by nobody else, so no nonce
 * comes twice. Tags stay in memory, and so does each block's nonce: a block
 * that was changed, moved or put back from earlier fails its tag.
 */
#include "proxy/hold_spool.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_SIZE 32
#define NONCE_SIZE 12

struct hold_spool {
	int file;
	EVP_CIPHER_CTX *seal, *open;	/* keyed once */
	uint64_t nonce;			/* of the block written last */
	uint32_t slots;			/* the file has so many */
	uint32_t used;			/* among them not free */
	uint32_t *free;			/* numbers of free slots; room for all */
	uint32_t free_room;
	uint8_t block[HOLD_BLOCK_MAX];	/* what goes to or comes from the file */
};

static bool
spool_key(struct hold_spool *spool)
{
	uint8_t key[KEY_SIZE];
	bool ok;

	ok = RAND_bytes(key, sizeof(key)) == 1 &&
	    EVP_EncryptInit_ex(spool->seal, EVP_aes_256_gcm(), NULL, key, NULL) == 1 &&
	    EVP_DecryptInit_ex(spool->open, EVP_aes_256_gcm(), NULL, key, NULL) == 1;
	OPENSSL_cleanse(key, sizeof(key));
	return ok;
}

struct hold_spool *
hold_spool_new(int file)
{
	struct hold_spool *spool = calloc(1, sizeof(*spool));

	if (spool == NULL)
		return NULL;
	spool->file = file;
	spool->seal = EVP_CIPHER_CTX_new();
	spool->open = EVP_CIPHER_CTX_new();
	if (spool->seal == NULL || spool->open == NULL || !spool_key(spool)) {
		hold_spool_free(spool);
		return NULL;
	}
	return spool;
}

void
hold_spool_free(struct hold_spool *spool)
{
	if (spool == NULL)
		return;
	EVP_CIPHER_CTX_free(spool->seal);
	EVP_CIPHER_CTX_free(spool->open);
	free(spool->free);
	free(spool);
}

/* Room for the number of one more slot, so that giving it back cannot fail. */
static bool
spool_grow(struct hold_spool *spool)
{
	uint32_t room = spool->free_room ? spool->free_room * 2 : 16;
	uint32_t *list;

	if (spool->slots >= HOLD_SLOTS_MAX)
		return false;
	if (spool->slots < spool->free_room)
		return true;
	list = realloc(spool->free, room * sizeof(*list));
	if (list == NULL)
		return false;
	spool->free = list;
	spool->free_room = room;
	return true;
}

static bool
spool_slot_take(struct hold_spool *spool, uint32_t *number)
{
	uint32_t unused = spool->slots - spool->used;

	if (unused > 0)
		*number = spool->free[unused - 1];
	else if (!spool_grow(spool))
		return false;
	else
		*number = spool->slots++;
	spool->used++;
	return true;
}

static void
spool_slot_put(struct hold_spool *spool, uint32_t number)
{
	spool->free[spool->slots - spool->used] = number;
	if (--spool->used > 0)
		return;
	spool->slots = 0;
	/* Space that cannot be given back now is used again later. */
	if (ftruncate(spool->file, 0) != 0)
		return;
}

static void
nonce_make(uint8_t nonce[NONCE_SIZE], uint64_t count)
{
	memset(nonce, 0, NONCE_SIZE);
	memcpy(nonce, &count, sizeof(count));
}

/* The block to its slot in the file, or from there. */
static bool
spool_move(struct hold_spool *spool, const struct hold_slot *slot, bool write)
{
	const off_t at = (off_t)slot->number * (off_t)HOLD_BLOCK_MAX;

	for (size_t done = 0; done < slot->len;) {
		uint8_t *rest = spool->block + done;
		ssize_t n = write ?
		    pwrite(spool->file, rest, slot->len - done, at + (off_t)done) :
		    pread(spool->file, rest, slot->len - done, at + (off_t)done);

		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static bool
spool_seal(struct hold_spool *spool, const uint8_t *data, struct hold_slot *slot)
{
	uint8_t nonce[NONCE_SIZE];
	int n;

	nonce_make(nonce, slot->nonce);
	return EVP_EncryptInit_ex(spool->seal, NULL, NULL, NULL, nonce) == 1 &&
	    EVP_EncryptUpdate(spool->seal, spool->block, &n, data, (int)slot->len) == 1 &&
	    EVP_EncryptFinal_ex(spool->seal, spool->block + n, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(spool->seal, EVP_CTRL_GCM_GET_TAG, HOLD_TAG_SIZE,
	    slot->tag) == 1;
}

bool
hold_spool_put(struct hold_spool *spool, const uint8_t *data, size_t len,
    struct hold_slot *slot)
{
	if (!spool_slot_take(spool, &slot->number))
		return false;
	slot->len = (uint32_t)len;
	slot->nonce = ++spool->nonce;
	if (spool_seal(spool, data, slot) && spool_move(spool, slot, true))
		return true;
	spool_slot_put(spool, slot->number);
	return false;
}

bool
hold_spool_get(struct hold_spool *spool, const struct hold_slot *slot, uint8_t *data)
{
	uint8_t nonce[NONCE_SIZE], tag[HOLD_TAG_SIZE];
	int n;

	nonce_make(nonce, slot->nonce);
	memcpy(tag, slot->tag, sizeof(tag));
	if (spool_move(spool, slot, false) &&
	    EVP_DecryptInit_ex(spool->open, NULL, NULL, NULL, nonce) == 1 &&
	    EVP_DecryptUpdate(spool->open, data, &n, spool->block, (int)slot->len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(spool->open, EVP_CTRL_GCM_SET_TAG, HOLD_TAG_SIZE, tag) == 1 &&
	    EVP_DecryptFinal_ex(spool->open, data + n, &n) == 1)
		return true;
	/* What was decrypted before its tag was known is nothing to look at. */
	OPENSSL_cleanse(data, slot->len);
	return false;
}

void
hold_spool_drop(struct hold_spool *spool, const struct hold_slot *slot)
{
	spool_slot_put(spool, slot->number);
}
