/* SPDX-License-Identifier: Apache-2.0 */
/*
 * book: writes an address book of synthetic people in JSON, as one messenger's
 * app sends it, until BYTES are written; "lines" breaks it after each comma.
 * The same every time; no more memory than one contact takes.
 *
 *	book BYTES [lines]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const firsts[] = {
	"Anna", "Bert", "Chloe", "Dirk", "Elin", "Femke", "Goran", "Hanna", "Ingrid",
	"Joris", "Katarzyna", "Lotte", "Marek", "Noor", "Ole", "Petra"
};
static const char *const lasts[] = {
	"Muster", "Voorbeeld", "Przyklad", "Sample", "Beispiel", "Esempio", "Exemple",
	"Placeholderson", "Testman", "van Proef", "Probst", "Ejemplo", "Prov", "Proba"
};

/* Marsaglia's xorshift, 64 bits. */
static uint64_t
chance(void)
{
	static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static int
contact_write(uint64_t number, const char *after)
{
	const char *first = firsts[chance() % 16], *last = lasts[chance() % 14];
	unsigned digits = (unsigned)(chance() % 1000000000);
	unsigned tail = (unsigned)(chance() % 100000);

	return printf("{\"record_id\":\"%u\",%s\"modifier\":0,%s\"name\":\"%s %s\",%s"
	    "\"phones\":[{\"label\":\"mobile\",%s\"raw\":\"+4915%09u\"}],%s"
	    "\"emails\":[{\"label\":\"home\",%s\"raw\":\"%s.%u@example.org\"}],%s"
	    "\"first_name\":\"%s\",%s\"last_name\":\"%s\",%s\"address\":[],%s"
	    "\"website\":[],%s\"organization\":[{\"name\":\"Office %u\"}],%s"
	    "\"meta_data\":[{\"number_times_contacted\":%u,%s\"starred\":false}]}",
	    (unsigned)number, after, after, first, last, after, after, digits, after,
	    after, first, tail, after, first, after, last, after, after, after,
	    tail % 100, after, tail % 9, after);
}

int
main(int argc, char **argv)
{
	uint64_t wanted = argc > 1 ? strtoull(argv[1], NULL, 10) : 0, done = 0, i;
	const char *after = argc > 2 && strcmp(argv[2], "lines") == 0 ? "\n" : "";

	if (wanted == 0) {
		fputs("usage: book BYTES [lines]\n", stderr);
		return 2;
	}
	done += (uint64_t)printf("{\"contacts\":[");
	for (i = 0; done < wanted; i++) {
		done += (uint64_t)printf("%s%s", i ? "," : "", i ? after : "");
		done += (uint64_t)contact_write(i, after);
	}
	printf("]}\n");
	return fflush(stdout) == 0 ? 0 : 3;
}
