/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suites by what protects their records, numbers as in IANA's registry "TLS
 * Cipher Suites". RC4, DES, IDEA, SEED, GOST and Camellia-GCM are left out:
 * OpenSSL 3's default provider has no cipher for them.
 */
#include "captures/tls_suites.h"

const struct tls_bulk_row tls_bulks[BULKS] = {
	[BULK_NULL]		= { NULL, MODE_STREAM, 0, 0, 0, 0, 0 },
	[BULK_3DES_CBC]		= { "DES-EDE3-CBC", MODE_CBC, 24, 8, 0, 0, 8 },
	[BULK_AES128_CBC]	= { "AES-128-CBC", MODE_CBC, 16, 16, 0, 0, 16 },
	[BULK_AES256_CBC]	= { "AES-256-CBC", MODE_CBC, 32, 16, 0, 0, 16 },
	[BULK_CAMELLIA128_CBC]	= { "CAMELLIA-128-CBC", MODE_CBC, 16, 16, 0, 0, 16 },
	[BULK_CAMELLIA256_CBC]	= { "CAMELLIA-256-CBC", MODE_CBC, 32, 16, 0, 0, 16 },
	[BULK_ARIA128_CBC]	= { "ARIA-128-CBC", MODE_CBC, 16, 16, 0, 0, 16 },
	[BULK_ARIA256_CBC]	= { "ARIA-256-CBC", MODE_CBC, 32, 16, 0, 0, 16 },
	[BULK_AES128_GCM]	= { "AES-128-GCM", MODE_GCM, 16, 4, 8, 16, 0 },
	[BULK_AES256_GCM]	= { "AES-256-GCM", MODE_GCM, 32, 4, 8, 16, 0 },
	[BULK_ARIA128_GCM]	= { "ARIA-128-GCM", MODE_GCM, 16, 4, 8, 16, 0 },
	[BULK_ARIA256_GCM]	= { "ARIA-256-GCM", MODE_GCM, 32, 4, 8, 16, 0 },
	[BULK_AES128_CCM]	= { "AES-128-CCM", MODE_CCM, 16, 4, 8, 16, 0 },
	[BULK_AES256_CCM]	= { "AES-256-CCM", MODE_CCM, 32, 4, 8, 16, 0 },
	[BULK_AES128_CCM8]	= { "AES-128-CCM", MODE_CCM, 16, 4, 8, 8, 0 },
	[BULK_AES256_CCM8]	= { "AES-256-CCM", MODE_CCM, 32, 4, 8, 8, 0 },
	[BULK_CHACHA20]		= { "ChaCha20-Poly1305", MODE_CHACHA, 32, 12, 0, 16, 0 },
};

#define IDS(...) (const uint16_t[]){ __VA_ARGS__, 0 }

/* Key exchanges within a row: RSA, (EC)DH fixed and ephemeral, anonymous, PSK, SRP. */
static const struct tls_suite suites[] = {
	{ BULK_AES128_GCM, HASH_NONE, HASH_SHA256, IDS(0x009c, 0x009e, 0x00a0, 0x00a2,
	    0x00a4, 0x00a6, 0x00a8, 0x00aa, 0x00ac, 0x1301, 0xc02b, 0xc02d, 0xc02f,
	    0xc031, 0xd001) },
	{ BULK_AES256_GCM, HASH_NONE, HASH_SHA384, IDS(0x009d, 0x009f, 0x00a1, 0x00a3,
	    0x00a5, 0x00a7, 0x00a9, 0x00ab, 0x00ad, 0x1302, 0xc02c, 0xc02e, 0xc030,
	    0xc032, 0xd002) },
	{ BULK_CHACHA20, HASH_NONE, HASH_SHA256, IDS(0x1303, 0xcca8, 0xcca9, 0xccaa,
	    0xccab, 0xccac, 0xccad, 0xccae) },
	{ BULK_AES128_CCM, HASH_NONE, HASH_SHA256, IDS(0x1304, 0xc09c, 0xc09e, 0xc0a4,
	    0xc0a6, 0xc0ac, 0xd005) },
	{ BULK_AES256_CCM, HASH_NONE, HASH_SHA256, IDS(0xc09d, 0xc09f, 0xc0a5, 0xc0a7,
	    0xc0ad) },
	{ BULK_AES128_CCM8, HASH_NONE, HASH_SHA256, IDS(0x1305, 0xc0a0, 0xc0a2, 0xc0a8,
	    0xc0aa, 0xc0ae, 0xd003) },
	{ BULK_AES256_CCM8, HASH_NONE, HASH_SHA256, IDS(0xc0a1, 0xc0a3, 0xc0a9, 0xc0ab,
	    0xc0af) },
	{ BULK_ARIA128_GCM, HASH_NONE, HASH_SHA256, IDS(0xc050, 0xc052, 0xc054, 0xc056,
	    0xc058, 0xc05a, 0xc05c, 0xc05e, 0xc060, 0xc062, 0xc06a, 0xc06c, 0xc06e) },
	{ BULK_ARIA256_GCM, HASH_NONE, HASH_SHA384, IDS(0xc051, 0xc053, 0xc055, 0xc057,
	    0xc059, 0xc05b, 0xc05d, 0xc05f, 0xc061, 0xc063, 0xc06b, 0xc06d, 0xc06f) },
	{ BULK_AES128_CBC, HASH_SHA1, HASH_SHA256, IDS(0x002f, 0x0030, 0x0031, 0x0032,
	    0x0033, 0x0034, 0x008c, 0x0090, 0x0094, 0xc004, 0xc009, 0xc00e, 0xc013,
	    0xc018, 0xc01d, 0xc01e, 0xc01f, 0xc035) },
	{ BULK_AES256_CBC, HASH_SHA1, HASH_SHA256, IDS(0x0035, 0x0036, 0x0037, 0x0038,
	    0x0039, 0x003a, 0x008d, 0x0091, 0x0095, 0xc005, 0xc00a, 0xc00f, 0xc014,
	    0xc019, 0xc020, 0xc021, 0xc022, 0xc036) },
	{ BULK_AES128_CBC, HASH_SHA256, HASH_SHA256, IDS(0x003c, 0x003e, 0x003f, 0x0040,
	    0x0067, 0x006c, 0x00ae, 0x00b2, 0x00b6, 0xc023, 0xc025, 0xc027, 0xc029,
	    0xc037) },
	{ BULK_AES256_CBC, HASH_SHA256, HASH_SHA256, IDS(0x003d, 0x0068, 0x0069, 0x006a,
	    0x006b, 0x006d) },
	{ BULK_AES256_CBC, HASH_SHA384, HASH_SHA384, IDS(0x00af, 0x00b3, 0x00b7, 0xc024,
	    0xc026, 0xc028, 0xc02a, 0xc038) },
	{ BULK_3DES_CBC, HASH_SHA1, HASH_SHA256, IDS(0x000a, 0x000d, 0x0010, 0x0013,
	    0x0016, 0x001b, 0x008b, 0x008f, 0x0093, 0xc003, 0xc008, 0xc00d, 0xc012,
	    0xc017, 0xc01a, 0xc01b, 0xc01c, 0xc034) },
	{ BULK_CAMELLIA128_CBC, HASH_SHA1, HASH_SHA256, IDS(0x0041, 0x0042, 0x0043,
	    0x0044, 0x0045, 0x0046) },
	{ BULK_CAMELLIA256_CBC, HASH_SHA1, HASH_SHA256, IDS(0x0084, 0x0085, 0x0086,
	    0x0087, 0x0088, 0x0089) },
	{ BULK_CAMELLIA128_CBC, HASH_SHA256, HASH_SHA256, IDS(0x00ba, 0x00bb, 0x00bc,
	    0x00bd, 0x00be, 0x00bf, 0xc072, 0xc074, 0xc076, 0xc078, 0xc094, 0xc096,
	    0xc098, 0xc09a) },
	{ BULK_CAMELLIA256_CBC, HASH_SHA256, HASH_SHA256, IDS(0x00c0, 0x00c1, 0x00c2,
	    0x00c3, 0x00c4, 0x00c5) },
	{ BULK_CAMELLIA256_CBC, HASH_SHA384, HASH_SHA384, IDS(0xc073, 0xc075, 0xc077,
	    0xc079, 0xc095, 0xc097, 0xc099, 0xc09b) },
	{ BULK_ARIA128_CBC, HASH_SHA256, HASH_SHA256, IDS(0xc03c, 0xc03e, 0xc040, 0xc042,
	    0xc044, 0xc046, 0xc048, 0xc04a, 0xc04c, 0xc04e, 0xc064, 0xc066, 0xc068,
	    0xc070) },
	{ BULK_ARIA256_CBC, HASH_SHA384, HASH_SHA384, IDS(0xc03d, 0xc03f, 0xc041, 0xc043,
	    0xc045, 0xc047, 0xc049, 0xc04b, 0xc04d, 0xc04f, 0xc065, 0xc067, 0xc069,
	    0xc071) },
	{ BULK_NULL, HASH_MD5, HASH_SHA256, IDS(0x0001) },
	{ BULK_NULL, HASH_SHA1, HASH_SHA256, IDS(0x0002, 0x002c, 0x002d, 0x002e, 0xc001,
	    0xc006, 0xc00b, 0xc010, 0xc015, 0xc039) },
	{ BULK_NULL, HASH_SHA256, HASH_SHA256, IDS(0x003b, 0x00b0, 0x00b4, 0x00b8,
	    0xc03a) },
	{ BULK_NULL, HASH_SHA384, HASH_SHA384, IDS(0x00b1, 0x00b5, 0x00b9, 0xc03b) },
};

const struct tls_suite *
tls_suite_find(uint16_t id)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]) && id != 0; i++)
		for (const uint16_t *at = suites[i].ids; *at != 0; at++)
			if (*at == id)
				return &suites[i];
	return NULL;
}

size_t
tls_hash_len(enum tls_hash hash)
{
	static const uint8_t lens[HASHES] = {
		[HASH_MD5] = 16, [HASH_SHA1] = 20, [HASH_SHA256] = 32, [HASH_SHA384] = 48,
	};

	return lens[hash];
}
