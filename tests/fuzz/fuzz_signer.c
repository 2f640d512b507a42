/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a worker's request: they get one answer that can be read, and a
 * certificate only for what the constraints permit, of 199 days at most. The
 * same bytes as a signer's reply, too.
 */
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proxy/signer.h"

/* What mkdtemp() wants at the end of a name. */
#define SIX_X "XX" "XX" "XX"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64] = P_tmpdir "/bookgate-fuzz-" SIX_X;
static struct authority_names names;
static struct signer *signer;
static time_t now;		/* one moment for all: the same bytes, the same answer */

static void
folder_remove(void)
{
	static const char *const files[] = {
		"root.key", "root.pem", "gateway.key", "gateway.pem"
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *path = authority_path(folder, files[i]);

		unlink(path);
		free(path);
	}
	rmdir(folder);
}

static void
signer_make(void)
{
	static char discord[] = "discord.com", icloud[] = "icloud.com";
	static char keychain[] = "keychain.icloud.com";
	static char *list[] = { discord, icloud }, *closed[] = { keychain };
	struct problems problems = { 0 };
	struct authority_plan plan = { .root = &names, .gateway = &names };

	names = (struct authority_names){ { list, 2 }, { closed, 1 } };
	if (mkdtemp(folder) == NULL)
		abort();
	now = time(NULL);
	plan.folder = folder;
	plan.now = now;
	if (authority_make(&plan, &problems) == AUTHORITY_DONE)
		signer = signer_new(folder, &problems);
	problems_print(&problems);
	folder_remove();
	if (signer == NULL)
		abort();
}

static void
leaf_check(X509 *leaf)
{
	GENERAL_NAMES *list = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	time_t from, to;

	if (list == NULL || sk_GENERAL_NAME_num(list) > LEAF_NAMES_MAX ||
	    !authority_dates(leaf, &from, &to) || to - from >= LEAF_DAYS_MAX * 86400)
		__builtin_trap();
	for (int i = 0; i < sk_GENERAL_NAME_num(list); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(list, i);

		if (name->type != GEN_DNS || !authority_names_permit(&names,
		    (const char *)ASN1_STRING_get0_data(name->d.dNSName)))
			__builtin_trap();
	}
	GENERAL_NAMES_free(list);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t reply[SIGNER_REPLY_MAX];
	struct signer_reply read;
	size_t len;

	if (signer == NULL)
		signer_make();
	len = signer_answer(signer, data, size, now, reply);
	if (!signer_reply_read(reply, len, &read))
		__builtin_trap();
	if (read.leaf != NULL)
		leaf_check(read.leaf);
	X509_free(read.leaf);
	if (signer_reply_read(data, size, &read))
		X509_free(read.leaf);
	return 0;
}
