/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keys of JSON, fields of forms and titles of CSV columns mean, in the
 * languages of our offices. Case, digits and punctuation do not count:
 * "E-mail 1 - Value" is emailvalue. The first row that fits decides.
 */
#include "classifiers/body.h"

#include <string.h>
#include <strings.h>

enum fit { EXACT, BEGINS, HOLDS };

struct lexicon_row {
	enum fit fit;
	enum word word;
	const char *text;
};

static const struct lexicon_row lexicon[] = {
	/* JSContact's and others' mark of what an object is. */
	{ EXACT, WORD_TYPE, "type" },
	/* What the lists beside it hold: "PHONE_SHA256". */
	{ EXACT, WORD_SCHEMA, "schema" },
	/* What is told of a telephone or an account, not who it reaches. */
	{ EXACT, WORD_NONE, "phonemodel" }, { EXACT, WORD_NONE, "phonetype" },
	{ EXACT, WORD_NONE, "phonebrand" }, { EXACT, WORD_NONE, "phoneid" },
	{ EXACT, WORD_NONE, "phoneverified" }, { EXACT, WORD_NONE, "emailverified" },
	{ EXACT, WORD_NONE, "phonecode" }, { EXACT, WORD_NONE, "telephonecode" },
	/* Calls, messages, mail: parties of an exchange, not people in a book. */
	{ EXACT, WORD_PARTY, "from" }, { EXACT, WORD_PARTY, "to" },
	{ EXACT, WORD_PARTY, "cc" }, { EXACT, WORD_PARTY, "bcc" },
	{ BEGINS, WORD_PARTY, "caller" }, { BEGINS, WORD_PARTY, "callee" },
	{ BEGINS, WORD_PARTY, "calling" }, { BEGINS, WORD_PARTY, "called" },
	{ HOLDS, WORD_PARTY, "recipient" }, { BEGINS, WORD_PARTY, "sender" },
	{ BEGINS, WORD_PARTY, "originat" }, { EXACT, WORD_PARTY, "destination" },
	{ EXACT, WORD_PARTY, "destinations" }, { BEGINS, WORD_PARTY, "destinationnum" },
	{ EXACT, WORD_PARTY, "source" }, { BEGINS, WORD_PARTY, "sourcenum" },
	{ EXACT, WORD_PARTY, "src" }, { EXACT, WORD_PARTY, "dst" },
	{ EXACT, WORD_PARTY, "anumber" }, { EXACT, WORD_PARTY, "bnumber" },
	{ BEGINS, WORD_PARTY, "fromnum" }, { BEGINS, WORD_PARTY, "tonum" },
	{ EXACT, WORD_PARTY, "msisdna" }, { EXACT, WORD_PARTY, "msisdnb" },
	{ EXACT, WORD_PARTY, "anrufer" }, { EXACT, WORD_PARTY, "empfaenger" },
	{ EXACT, WORD_PARTY, "absender" }, { EXACT, WORD_PARTY, "ontvanger" },
	{ EXACT, WORD_PARTY, "author" }, { EXACT, WORD_PARTY, "authors" },
	{ EXACT, WORD_PARTY, "committer" }, { EXACT, WORD_PARTY, "maintainers" },
	{ BEGINS, WORD_PARTY, "attendee" }, { BEGINS, WORD_PARTY, "participant" },
	{ EXACT, WORD_PARTY, "organizer" }, { EXACT, WORD_PARTY, "customer" },
	{ EXACT, WORD_PARTY, "buyer" }, { EXACT, WORD_PARTY, "replyto" },
	{ EXACT, WORD_PARTY, "requester" }, { EXACT, WORD_PARTY, "assignee" },
	{ EXACT, WORD_PARTY, "reporter" }, { EXACT, WORD_PARTY, "assignedto" },
	{ EXACT, WORD_PARTY, "billingaddress" }, { EXACT, WORD_PARTY, "shippingaddress" },
	/* Orders, bills, records of use. */
	{ BEGINS, WORD_TRADE, "orderid" }, { BEGINS, WORD_TRADE, "orderno" },
	{ BEGINS, WORD_TRADE, "ordernumber" }, { BEGINS, WORD_TRADE, "orderdate" },
	{ BEGINS, WORD_TRADE, "ordertotal" }, { BEGINS, WORD_TRADE, "bestel" },
	{ BEGINS, WORD_TRADE, "numerzam" }, { BEGINS, WORD_TRADE, "commande" },
	{ BEGINS, WORD_TRADE, "invoice" }, { BEGINS, WORD_TRADE, "rechnung" },
	{ BEGINS, WORD_TRADE, "factuur" }, { BEGINS, WORD_TRADE, "faktura" },
	{ BEGINS, WORD_TRADE, "amount" }, { EXACT, WORD_TRADE, "price" },
	{ EXACT, WORD_TRADE, "total" }, { BEGINS, WORD_TRADE, "subtotal" },
	{ EXACT, WORD_TRADE, "currency" }, { BEGINS, WORD_TRADE, "duration" },
	{ EXACT, WORD_TRADE, "sku" }, { EXACT, WORD_TRADE, "quantity" },
	{ EXACT, WORD_TRADE, "qty" }, { EXACT, WORD_TRADE, "cost" },
	{ EXACT, WORD_TRADE, "charge" }, { EXACT, WORD_TRADE, "tariff" },
	{ BEGINS, WORD_TRADE, "callid" }, { BEGINS, WORD_TRADE, "calltype" },
	{ BEGINS, WORD_TRADE, "imei" }, { EXACT, WORD_TRADE, "iban" },
	{ EXACT, WORD_TRADE, "dauer" }, { EXACT, WORD_TRADE, "betrag" },
	{ EXACT, WORD_TRADE, "duur" }, { EXACT, WORD_TRADE, "bedrag" },
	{ EXACT, WORD_TRADE, "kwota" }, { EXACT, WORD_TRADE, "cena" },
	{ EXACT, WORD_TRADE, "preis" }, { EXACT, WORD_TRADE, "prijs" },
	{ EXACT, WORD_TRADE, "montant" }, { EXACT, WORD_TRADE, "importe" },
	{ BEGINS, WORD_TRADE, "openinghours" }, { EXACT, WORD_TRADE, "amenity" },
	{ EXACT, WORD_TRADE, "mcc" }, { EXACT, WORD_TRADE, "mnc" },
	{ EXACT, WORD_TRADE, "imsi" }, { EXACT, WORD_TRADE, "iccid" },
	{ EXACT, WORD_TRADE, "lac" }, { EXACT, WORD_TRADE, "cid" },
	{ EXACT, WORD_TRADE, "tac" }, { EXACT, WORD_TRADE, "pci" },
	/* Plans of numbers give one that nobody has. */
	{ EXACT, WORD_TRADE, "example" }, { BEGINS, WORD_TRADE, "examplenum" },
	{ EXACT, WORD_TRADE, "jointime" }, { EXACT, WORD_TRADE, "leavetime" },
	/* Lists of people, and of digests of what reaches them; files have others. */
	{ EXACT, WORD_HASH, "hashes" }, { HOLDS, WORD_HASH, "mailhash" },
	{ HOLDS, WORD_HASH, "phonehash" }, { HOLDS, WORD_HASH, "phoneshash" },
	{ HOLDS, WORD_HASH, "numberhash" }, { HOLDS, WORD_HASH, "numbershash" },
	{ BEGINS, WORD_HASH, "mobilenohash" }, { BEGINS, WORD_HASH, "mobilehash" },
	{ BEGINS, WORD_HASH, "msisdnhash" }, { HOLDS, WORD_HASH, "contacthash" },
	{ HOLDS, WORD_HASH, "contactshash" }, { BEGINS, WORD_HASH, "friendhash" },
	{ BEGINS, WORD_HASH, "hashcontact" }, { BEGINS, WORD_HASH, "hashedcontact" },
	{ BEGINS, WORD_HASH, "hashedphone" }, { BEGINS, WORD_HASH, "hashednumber" },
	{ BEGINS, WORD_HASH, "hashedemail" }, { BEGINS, WORD_HASH, "hashedmail" },
	{ BEGINS, WORD_PHONE, "contactnumber" }, { BEGINS, WORD_PHONE, "contactphone" },
	{ BEGINS, WORD_EMAIL, "contactemail" }, { EXACT, WORD_NAME, "contactname" },
	{ HOLDS, WORD_BOOK, "contact" }, { HOLDS, WORD_BOOK, "addressbook" },
	{ HOLDS, WORD_BOOK, "phonebook" }, { BEGINS, WORD_BOOK, "friendlist" },
	{ EXACT, WORD_BOOK, "vcards" }, { EXACT, WORD_BOOK, "addresses" },
	{ EXACT, WORD_BOOK, "numbers" }, { EXACT, WORD_BOOK, "digests" },
	/* Mail addresses. */
	{ HOLDS, WORD_EMAIL, "email" }, { EXACT, WORD_EMAIL, "mail" },
	{ EXACT, WORD_EMAIL, "mails" }, { BEGINS, WORD_EMAIL, "mailaddress" },
	{ BEGINS, WORD_EMAIL, "correoelectr" },
	/* Telephone numbers. */
	{ HOLDS, WORD_PHONE, "phone" }, { HOLDS, WORD_PHONE, "telefon" },
	{ HOLDS, WORD_PHONE, "telefoon" }, { HOLDS, WORD_PHONE, "rufnummer" },
	{ HOLDS, WORD_PHONE, "msisdn" }, { BEGINS, WORD_PHONE, "handy" },
	{ EXACT, WORD_PHONE, "mobile" }, { EXACT, WORD_PHONE, "mobil" },
	{ EXACT, WORD_PHONE, "mobiel" }, { BEGINS, WORD_PHONE, "mobilenum" },
	{ BEGINS, WORD_PHONE, "mobileno" }, { BEGINS, WORD_PHONE, "mobilnum" },
	{ EXACT, WORD_PHONE, "cell" }, { EXACT, WORD_PHONE, "gsm" },
	{ EXACT, WORD_PHONE, "tel" }, { EXACT, WORD_PHONE, "telno" },
	{ BEGINS, WORD_PHONE, "telnum" }, { EXACT, WORD_PHONE, "fax" },
	{ HOLDS, WORD_PHONE, "faxnum" }, { BEGINS, WORD_PHONE, "homefax" },
	{ BEGINS, WORD_PHONE, "businessfax" },
	{ BEGINS, WORD_PHONE, "komork" }, { EXACT, WORD_PHONE, "pager" },
	/* Letters with accents are left out: telefono, telephone, movil. */
	{ HOLDS, WORD_PHONE, "telfono" }, { HOLDS, WORD_PHONE, "tlphone" },
	{ BEGINS, WORD_PHONE, "mvil" }, { BEGINS, WORD_PHONE, "cellulare" },
	{ BEGINS, WORD_PHONE, "celular" }, { BEGINS, WORD_PHONE, "puhelin" },
	{ EXACT, WORD_NUMBER, "number" },
	{ EXACT, WORD_NUMBER, "numer" }, { EXACT, WORD_NUMBER, "nummer" },
	{ EXACT, WORD_NUMBER, "friendid" }, { EXACT, WORD_NUMBER, "waid" },
	{ EXACT, WORD_NUMBER, "jid" },
	/* Names of people. */
	{ EXACT, WORD_NAME, "name" }, { EXACT, WORD_NAME, "names" },
	{ EXACT, WORD_NAME, "fn" }, { EXACT, WORD_NAME, "n" },
	{ EXACT, WORD_NAME, "cn" }, { EXACT, WORD_NAME, "sn" },
	{ BEGINS, WORD_NAME, "fullname" }, { BEGINS, WORD_NAME, "displayname" },
	{ BEGINS, WORD_NAME, "firstname" }, { BEGINS, WORD_NAME, "lastname" },
	{ BEGINS, WORD_NAME, "givenname" }, { BEGINS, WORD_NAME, "familyname" },
	{ EXACT, WORD_NAME, "surname" }, { EXACT, WORD_NAME, "nickname" },
	{ EXACT, WORD_NAME, "vorname" }, { EXACT, WORD_NAME, "nachname" },
	{ EXACT, WORD_NAME, "voornaam" }, { EXACT, WORD_NAME, "achternaam" },
	{ EXACT, WORD_NAME, "nombre" }, { EXACT, WORD_NAME, "apellidos" },
	{ EXACT, WORD_NAME, "nome" }, { EXACT, WORD_NAME, "cognome" },
	{ EXACT, WORD_NAME, "prnom" }, { EXACT, WORD_NAME, "nom" },
	{ EXACT, WORD_NAME, "jmno" }, { EXACT, WORD_NAME, "naam" }, { EXACT, WORD_NAME, "imi" },
	{ EXACT, WORD_NAME, "imie" }, { EXACT, WORD_NAME, "nazwisko" },
};

/* Words from the rules, folded; "" ends them. */
static char book_words[CONTACTS_WORDS_MAX][KEY_MAX + 1];

static bool
row_fits(const struct lexicon_row *row, const char *text, size_t len)
{
	size_t n = strlen(row->text);

	switch (row->fit) {
	case EXACT:
		return len == n && memcmp(text, row->text, n) == 0;
	case BEGINS:
		return len >= n && memcmp(text, row->text, n) == 0;
	case HOLDS:
		return memmem(text, len, row->text, n) != NULL;
	}
	return false;
}

/* Letters of each row's text: who lacks one of them does not fit. */
static uint32_t row_letters[sizeof(lexicon) / sizeof(lexicon[0])];

static uint32_t
letters_of(const char *folded, size_t len)
{
	uint32_t letters = 0;

	for (size_t i = 0; i < len; i++)
		letters |= (uint32_t)1 << (folded[i] - 'a');
	return letters;
}

static void
letters_begin(void)
{
	for (size_t i = sizeof(lexicon) / sizeof(lexicon[0]); i-- > 0;)
		row_letters[i] = letters_of(lexicon[i].text, strlen(lexicon[i].text));
}

static size_t
fold(const char *text, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < KEY_MAX; i++) {
		char c = text[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		if (c >= 'a' && c <= 'z')
			out[n++] = c;
	}
	return n;
}

void
contacts_words_set(const char *const *words, size_t count)
{
	size_t used = 0;

	memset(book_words, 0, sizeof(book_words));
	for (size_t i = 0; i < count && used < CONTACTS_WORDS_MAX; i++) {
		size_t len = strlen(words[i]);

		if (len <= KEY_MAX && fold(words[i], len, book_words[used]) > 0)
			used++;
	}
}

static bool
is_book_word(const char *folded, size_t len)
{
	for (size_t i = 0; i < CONTACTS_WORDS_MAX && book_words[i][0] != '\0'; i++)
		if (strlen(book_words[i]) == len &&
		    memcmp(book_words[i], folded, len) == 0)
			return true;
	return false;
}

enum word
lexicon_word(const char *text, size_t len)
{
	char folded[KEY_MAX];
	uint32_t letters;
	size_t i, n;

	/* The one name whose digits matter. */
	if (len == 4 && strncasecmp(text, "e164", len) == 0)
		return WORD_PHONE;
	if (len > KEY_MAX || (n = fold(text, len, folded)) == 0)
		return WORD_NONE;
	if (is_book_word(folded, n))
		return WORD_BOOK;
	if (row_letters[0] == 0)
		letters_begin();
	letters = letters_of(folded, n);
	for (i = 0; i < sizeof(lexicon) / sizeof(lexicon[0]); i++)
		if ((row_letters[i] & ~letters) == 0 &&
		    row_fits(&lexicon[i], folded, n))
			return lexicon[i].word;
	return WORD_NONE;
}

enum hint
lexicon_hint(enum word word, bool book)
{
	switch (word) {
	case WORD_PHONE:
		return HINT_PHONE;
	case WORD_EMAIL:
		return HINT_EMAIL;
	case WORD_NUMBER:
		return HINT_NUMBER;
	case WORD_HASH: case WORD_BOOK:
		return HINT_BOOK;
	case WORD_NAME: case WORD_TRADE: case WORD_TYPE: case WORD_SCHEMA:
		return HINT_NONE;
	case WORD_NONE: case WORD_PARTY:
		break;
	}
	return book ? HINT_BOOK : HINT_NONE;
}
