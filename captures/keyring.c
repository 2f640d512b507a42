/* SPDX-License-Identifier: Apache-2.0 */
#include "captures/keyring.h"

#include <string.h>
#include <sys/stat.h>

static void
keyring_take(struct source_secrets *take, uint32_t type, const uint8_t *data, size_t len)
{
	struct keyring *keyring = (struct keyring *)take;

	if (type != SOURCE_SECRETS_TLS)
		return;
	secrets_add(keyring->secrets, keyring->path, data, len);
	if (keyring->flows != NULL && secrets_count(keyring->secrets) > 0)
		flows_open_tls(keyring->flows, &keyring->door);
}

void
keyring_init(struct keyring *keyring, const char *path, const struct secrets *given)
{
	*keyring = (struct keyring){ .take = { keyring_take }, .path = path };
	keyring->secrets = secrets_new(given);
}

void
keyring_fini(struct keyring *keyring)
{
	secrets_free(keyring->secrets);
	explicit_bzero(keyring->door.plain, sizeof(keyring->door.plain));
}

/* Can the file be read twice? */
static bool
path_is_file(const char *path)
{
	struct stat info;

	return strcmp(path, "-") != 0 && stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static bool
look_frames(struct keyring *keyring, struct source *source, const volatile int *stop)
{
	size_t before = secrets_count(keyring->secrets), frames = 0;
	enum source_next next = SOURCE_FRAME;
	struct frame frame;

	while (next == SOURCE_FRAME && (stop == NULL || !*stop)) {
		if (before == 0 && frames++ == KEYRING_LOOK_FRAMES &&
		    secrets_count(keyring->secrets) == 0)
			return false;
		next = source_next(source, &frame);
	}
	return true;
}

void
keyring_look(struct keyring *keyring, const volatile int *stop)
{
	char reason[SOURCE_REASON_MAX];
	struct source *source;

	if (!path_is_file(keyring->path))
		return;
	source = source_open(keyring->path, reason, sizeof(reason));
	if (source == NULL)
		return;
	keyring->complete = !source_may_hold_secrets(source);
	if (!keyring->complete) {
		source_secrets_to(source, &keyring->take);
		keyring->complete = look_frames(keyring, source, stop);
	}
	source_free(source);
}

void
keyring_begin(struct keyring *keyring, struct source *source, struct flows *flows,
    struct judge *judge, struct stats *stats)
{
	keyring->door.judge = judge;
	keyring->door.secrets = keyring->secrets;
	keyring->door.stats = stats;
	keyring->door.more_secrets = !keyring->complete && source_may_hold_secrets(source);
	keyring->flows = flows;
	if (secrets_count(keyring->secrets) > 0)
		flows_open_tls(flows, &keyring->door);
	if (!keyring->complete)
		source_secrets_to(source, &keyring->take);
}
