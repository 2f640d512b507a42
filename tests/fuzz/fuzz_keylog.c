/* SPDX-License-Identifier: Apache-2.0 */
/* A key log of any bytes; and each secret in it is of a length that can be. */
#include <stdlib.h>

#include "captures/secrets.h"
#include "core/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct secrets *secrets = secrets_new(NULL);
	const struct session_secrets *session;
	uint8_t random[CLIENT_RANDOM_LEN] = { 0 };

	log_level_set(LOG_LEVEL_ERROR);
	secrets_add(secrets, "keys", data, size);
	session = secrets_find(secrets, random);
	for (int i = 0; session != NULL && i < SECRETS; i++)
		if (session->secret[i].len != 0 && session->secret[i].len != 32 &&
		    session->secret[i].len != SECRET_MAX)
			abort();
	secrets_free(secrets);
	return 0;
}
