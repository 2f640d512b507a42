/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose identifiers are in JSON: of jCard (RFC 7095), JSContact (RFC 9553) and
 * the address books apps make up.
 *
 * A record is the object that holds an identifier, or the object around it
 * where the place in between is named for identifiers ("phones": [{...}]). A
 * string in a list that is not named so is a record of its own.
 */
#include "classifiers/identify.h"
#include "classifiers/json_trail.h"

/* Digits of the shortest number without "+": "00" and NUMBER_MIN more. */
#define FULL_MIN (2 + NUMBER_MIN)
/* Digits of the shortest integer that is taken for one: times and ids abound. */
#define INTEGER_MIN 10

/* ---- frames ----------------------------------------------------------------- */

static bool
word_identifies(unsigned word)
{
	return word == WORD_PHONE || word == WORD_EMAIL || word == WORD_NUMBER;
}

#define BEGINS(of, ...) [of] = { .word = (of), __VA_ARGS__ }
const struct json_frame json_record_begins[] = {
	BEGINS(WORD_NONE, .name = false), BEGINS(WORD_NAME, .name = true, .busy = true),
	BEGINS(WORD_PHONE, .name = false), BEGINS(WORD_EMAIL, .name = false),
	BEGINS(WORD_NUMBER, .name = false), BEGINS(WORD_HASH, .book = true),
	BEGINS(WORD_BOOK, .book = true), BEGINS(WORD_PARTY, .traffic = true),
	BEGINS(WORD_TRADE, .name = false), BEGINS(WORD_TYPE, .name = false),
	BEGINS(WORD_SCHEMA, .name = false),
};

void
json_record_role(struct json_frame *frame, const struct json_frame *in)
{
	if (!in->array || !frame->array)
		return;
	frame->busy = true;
	if (in->role == ROLE_JCARD)
		frame->role = ROLE_PROPERTIES;
	else if (in->role == ROLE_PROPERTIES)
		frame->role = ROLE_PROPERTY;
}

static void
frame_person(struct json *json, const struct json_frame *frame, bool known)
{
	struct census *census = json->parser.census;
	struct person person = {
		.base = frame->base, .shape = frame->path, .name = frame->name,
		.known = known, .card = known, .traffic = frame->traffic,
		.single = json->depth == 0 || !frame->item, .book = frame->book
	};

	if (known)
		census->format = FORMAT_JSCARD;
	if ((frame->flat || census->top - frame->base > PERSON_MAX) && !known)
		census_people(census, &person);
	else
		census_person(census, &person);
}

/*
 * Items of a list are people. Where the object around it has a list of numbers
 * and one of mail addresses (or their digests), both tell of the same people:
 * those past the longer one's end are new.
 */
static void
list_people(struct json *json, struct json_frame *frame, struct json_frame *in)
{
	struct census *census = json->parser.census;
	uint32_t count = census->top > frame->base ? census->top - frame->base : 0;
	uint32_t told = 0;

	if (in != NULL && !in->array) {
		told = in->people[!frame->mail];
		told = told > frame->people[0] ? told - frame->people[0] : 0;
		told = told < count ? told : count;
	}
	census->top -= told;
	census->perhaps += told;
	frame->people[0] += count;
	frame->busy = true;
	census_people(census, &(struct person){ .base = frame->base,
	    .shape = frame->path, .traffic = frame->traffic });
}

/* Marks up to `end`, in that frame and in none that is open inside: people. */
static void
frame_flush(struct json *json, struct json_frame *frame, unsigned end)
{
	struct census *census = json->parser.census;
	unsigned held = census->top - end, gone = end - frame->base;

	frame->flat = frame->busy = true;
	census->top = end;
	if (frame->array)
		list_people(json, frame, frame > json->frames ? frame - 1 : NULL);
	else
		census_people(census, &(struct person){ .base = frame->base,
		    .shape = frame->path, .name = frame->name,
		    .traffic = frame->traffic });
	memmove(census->marks + frame->base, census->marks + end,
	    held * sizeof(census->marks[0]));
	census->top = frame->base + held;
	while (++frame < json->frames + json->depth &&
	    frame < json->frames + JSON_DEPTH_MAX)
		frame->base = (uint8_t)(frame->base - gone);
}

/*
 * So many marks are open that most are no one person's: an array in an array, or
 * an object with a member for each name, is a list and is counted as it comes.
 */
void
json_record_flush(struct json *json)
{
	unsigned at = json->depth < JSON_DEPTH_MAX ? json->depth : JSON_DEPTH_MAX;
	unsigned end = json->parser.census->top;

	/* Marks of a format inside a string are moved by nobody. */
	if (json->parser.census->depth != json->nest)
		return;
	while (at-- > 0) {
		struct json_frame *frame = &json->frames[at];

		if (end > (unsigned)frame->base + PERSON_MAX && !frame->card &&
		    frame->role == ROLE_PLAIN) {
			frame_flush(json, frame, end);
			return;
		}
		end = frame->base;
	}
}

/* An array under a name for identifiers: one person's, or a list of people. */
static void
array_close(struct json *json, struct json_frame *frame, struct json_frame *in)
{
	unsigned count = json->parser.census->top - frame->base;

	if (frame->role == ROLE_JCARD)
		frame_person(json, frame, true);
	else if (count == 0 || frame->role != ROLE_PLAIN)
		return;
	else if (count > PERSON_MAX || frame->flat || in == NULL)
		list_people(json, frame, in);
	else if (frame->item && !word_identifies(frame->word))
		frame_person(json, frame, false);
}

static void
object_close(struct json *json, const struct json_frame *frame, struct json_frame *in)
{
	if (!frame->card && json->parser.census->top <= frame->base)
		return;
	if (frame->card) {
		frame_person(json, frame, true);
	} else if (in != NULL && !frame->flat && (word_identifies(frame->word) ||
	    (!frame->item && !frame->name && !frame->traffic))) {
		/* Its identifiers belong to the object around it. */
		return;
	} else {
		frame_person(json, frame, false);
	}
}

void
json_record_close_full(struct json *json)
{
	struct json_frame *frame = json_record_top(json), *in;

	if (json->depth == 0)
		return;
	json->depth--;
	if (frame == NULL)
		return;
	in = json_record_top(json);
	/* "names": [{"givenName": ...}] names the object around it. */
	if (in != NULL && frame->word == WORD_NAME && frame->filled)
		in->name = true;
	if (frame->array)
		array_close(json, frame, in);
	if (frame->array && in != NULL && in->people[frame->mail] < frame->people[0]) {
		in->people[frame->mail] = frame->people[0];
		in->busy = true;
	}
	if (!frame->array)
		object_close(json, frame, in);
	json->want_key = in != NULL && !in->array;
	json->word = WORD_NONE;
}

/* ---- values ------------------------------------------------------------------- */

/* A long list under a name for identifiers: people, counted as they come. */
static void
array_flush(struct json *json, struct json_frame *frame)
{
	struct census *census = json->parser.census;

	if (!frame->array || frame->item || frame->role != ROLE_PLAIN)
		return;
	if (word_identifies(frame->word) && !frame->flat &&
	    census->top - frame->base <= PERSON_MAX)
		return;
	frame->flat = word_identifies(frame->word);
	list_people(json, frame, json->depth > 1 ? frame - 1 : NULL);
}

static void
jcard_string(struct json *json, struct json_frame *frame, const char *text, size_t len)
{
	if (frame->filled || !frame->array)
		return;
	if (frame->role == ROLE_PLAIN && len == 5 && strncasecmp(text, "vcard", 5) == 0) {
		frame->role = ROLE_JCARD;
		frame->busy = true;
		/* From here on texts say what places are. */
		json_trail_stop(json);
	} else if (frame->role == ROLE_PROPERTY)
		frame->word = (uint8_t)lexicon_word(text, len);
}

/* Longest name of a column of identifiers. */
#define SCHEMA_MAX 24

/*
 * A customer list for advertisers tells beside its rows what stands in them:
 * {"schema": ["PHONE", "FN"], "data": [["<digest>", "<digest>"], ...]}.
 */
static void
schema_notes(struct json *json, struct json_frame *frame, const char *text, size_t len)
{
	enum word word = len <= SCHEMA_MAX ? lexicon_word(text, len) : WORD_NONE;
	struct json_frame *of = frame->array ? frame - 1 : frame;

	if (frame->array ? frame == json->frames || frame->item :
	    json->word != WORD_SCHEMA)
		return;
	if (of->book || !(word == WORD_PHONE || word == WORD_EMAIL || word == WORD_HASH))
		return;
	of->book = true;
	/* From here on a text has said what places are. */
	json_trail_stop(json);
}

static void
member_notes(struct json *json, struct json_frame *frame, enum word word,
    const char *text, size_t len)
{
	if (word == WORD_NAME && len > 0)
		frame->name = true;
	if (word == WORD_PARTY || word == WORD_TRADE)
		frame->traffic = true;
	if (word == WORD_TYPE && len == 4 && memcmp(text, "Card", 4) == 0)
		frame->card = frame->busy = true;
	if (word == WORD_SCHEMA)
		schema_notes(json, frame, text, len);
	/* The name of a jCard's property tells of the card around it. */
	if (frame->role == ROLE_PROPERTY && word == WORD_NAME && json->depth >= 3)
		json->frames[json->depth - 3].name = true;
}

/* Between several values in one string. */
static bool
text_separates(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == ';' || text[i] == ',' || text[i] == '|' ||
		    text[i] == '\n')
			return true;
	return false;
}

static size_t
text_digits(const char *text, size_t len)
{
	size_t digits = 0;

	for (size_t i = 0; i < len; i++)
		digits += is_digit(text[i]);
	return digits;
}

/* Can any of it be an identifier, in whatever place? No number begins with a letter. */
static bool
text_may_identify(const char *text, size_t len, bool signs)
{
	if (signs || identify_digest_length(len))
		return true;
	return len >= NATIONAL_MIN && (!is_alpha(text[0]) ||
	    text_separates(text, len)) && text_digits(text, len) >= NATIONAL_MIN;
}

static void
item_identify(struct json *json, struct json_frame *frame, enum hint hint,
    const char *text, size_t len, bool signs)
{
	if (!text_may_identify(text, len, signs))
		return;
	census_value_signs(json->parser.census, text, len, hint, signs);
	array_flush(json, frame);
}

/* The names of places hold digests only where that is what they are called for. */
enum hint
json_record_hint(enum word word, const struct json_frame *frame)
{
	enum hint hint = lexicon_hint(word, frame->book);

	return hint == HINT_BOOK && (frame->array || word == WORD_HASH) ? HINT_LIST : hint;
}

/*
 * A member's text. Without a sign, only a field for numbers has short ones: it
 * takes FULL_MIN digits in any other, and no digest is shorter than that.
 */
void
json_record_identify(struct json *json, enum hint hint, const char *text, size_t len,
    bool signs)
{
	if (!signs && (hint == HINT_NONE || hint == HINT_EMAIL ||
	    (hint != HINT_PHONE && len < FULL_MIN) || !text_may_identify(text, len, false)))
		return;
	census_value_signs(json->parser.census, text, len, hint, signs);
}

static inline void
text_value(struct json *json, struct json_frame *frame, const char *text,
    size_t len, bool signs)
{
	enum word word = json_record_word(json, frame);
	enum hint hint = json_record_hint(word, frame);

	/* The name of a jCard's property says what its other strings are. */
	if (frame->array)
		jcard_string(json, frame, text, len);
	if (word >= WORD_PARTY || word == WORD_NAME)
		member_notes(json, frame, word, text, len);
	if (frame->array)
		item_identify(json, frame, hint, text, len, signs);
	else
		json_record_identify(json, hint, text, len, signs);
	frame->filled = true;
}

/* Places that tell of the record itself are 0. */
const uint16_t json_record_least[][2] = {
	[WORD_NONE] = { UINT16_MAX, FULL_MIN },
	[WORD_NAME] = { UINT16_MAX, UINT16_MAX },
	[WORD_PHONE] = { NATIONAL_MIN, NATIONAL_MIN },
	[WORD_EMAIL] = { UINT16_MAX, UINT16_MAX },
	[WORD_NUMBER] = { FULL_MIN, FULL_MIN },
	[WORD_HASH] = { FULL_MIN, FULL_MIN }, [WORD_BOOK] = { FULL_MIN, FULL_MIN },
	[WORD_PARTY] = { 0, 0 }, [WORD_TRADE] = { 0, 0 }, [WORD_TYPE] = { 0, 0 },
	[WORD_SCHEMA] = { 0, 0 },
};

void
json_record_text_full(struct json *json, const char *text, size_t len, bool signs)
{
	text_value(json, json_record_top(json), text, len, signs);
}

bool
json_record_reads(const struct json *json, enum word word,
    const struct json_frame *frame)
{
	if (word == WORD_PHONE || !frame->book)
		return word == WORD_PHONE;
	if (frame->array)
		return word == WORD_BOOK;
	return word == WORD_NUMBER || (json->word == WORD_NONE && json_key_is_brief(json));
}

bool
json_record_number(struct json *json)
{
	struct json_frame *frame = json_record_top(json);
	enum word word = json_record_word(json, frame);

	if (frame != NULL && word == WORD_TRADE)
		frame->traffic = true;
	return frame != NULL && json_record_reads(json, word, frame);
}

/* What one that can be nobody's adds to the doubt about a list, and when it is over. */
#define DOUBT_EACH 8
#define DOUBT_END 8
#define DOUBT_LEAST (-8)

/*
 * Ids and times are integers too, and some of any length look like a number with
 * its country code. Where one in nine does not, the list is none of numbers.
 */
bool
json_record_integer(struct json *json, const char *text, size_t len)
{
	struct json_frame *frame = json_record_top(json);

	if (frame == NULL || !frame->array || frame->word != WORD_BOOK)
		return true;
	if (frame->doubt > DOUBT_END)
		return false;
	if (number_is_plain(text, len) && len >= INTEGER_MIN &&
	    numbering_plausible(text, len)) {
		frame->doubt = (int8_t)(frame->doubt - (frame->doubt > DOUBT_LEAST));
		return true;
	}
	frame->doubt = (int8_t)(frame->doubt + DOUBT_EACH);
	return false;
}
