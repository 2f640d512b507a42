/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the notice page, by language as in text_languages. */
#ifndef PROXY_NOTICE_WORDS_H
#define PROXY_NOTICE_WORDS_H

#include "proxy/refusal_text.h"

struct notice_words {
	const char *language;		/* what it calls itself */
	const char *title, *anonymous;	/* anonymous: the organisation, without a name */
	const char *intro;		/* goes on from the organisation's name */
	const char *closed;		/* nothing is opened at present */
	const char *opened, *opened_intro, *nothing;
	const char *never, *never_text;
	const char *kept, *kept_pseudonym, *kept_address, *kept_never;
	const char *kept_before, *kept_after;	/* around a number of days */
	const char *footing, *dpia, *works_council, *since;
	const char *ask, *ask_text;
};

extern const struct notice_words notice_words[TEXT_LANGUAGES];

#endif
