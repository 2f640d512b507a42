/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TLS client and a TLS server of OpenSSL's libssl, in memory: whatever they
 * say to each other is kept in the order in which it was said, with the key
 * log the client wrote.
 */
#ifndef TESTS_TLS_TALK_H
#define TESTS_TLS_TALK_H

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/flow.h"

#define TALK_BYTES_MAX (512 << 10)
#define TALK_TURNS_MAX 256

struct talk_turn {
	enum dir dir;
	size_t at, len;			/* in bytes */
};

struct talk {
	SSL_CTX *contexts[2];		/* by enum dir: the client's is DIR_UP */
	SSL *ends[2];
	uint8_t bytes[TALK_BYTES_MAX];
	size_t len;
	struct talk_turn turns[TALK_TURNS_MAX];
	size_t turn_count;
	char keylog[8192];
};

static struct talk *talk_now;		/* libssl's callbacks carry no pointer of ours */

static void
talk_keylog(const SSL *ssl, const char *line)
{
	size_t used = strlen(talk_now->keylog);

	(void)ssl;
	snprintf(talk_now->keylog + used, sizeof(talk_now->keylog) - used, "%s\n", line);
}

/* A self-signed certificate of the named key type ("RSA", "EC"). */
static void
talk_certify(SSL_CTX *context, const char *type)
{
	static EVP_PKEY *rsa, *ec;
	EVP_PKEY **key = strcmp(type, "EC") == 0 ? &ec : &rsa;
	X509 *cert = X509_new();
	X509_NAME *name;

	if (*key == NULL)
		*key = strcmp(type, "EC") == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_set_pubkey(cert, *key);
	name = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"contacts.example.org", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_sign(cert, *key, EVP_sha256());
	SSL_CTX_use_certificate(context, cert);
	SSL_CTX_use_PrivateKey(context, *key);
	X509_free(cert);
}

/* Contexts for one version and, before TLS 1.3, one list of suites. */
static void
talk_init(struct talk *talk, int version, const char *suites)
{
	memset(talk, 0, sizeof(*talk));
	talk_now = talk;
	for (int i = 0; i < 2; i++) {
		SSL_CTX *context = SSL_CTX_new(i == DIR_UP ? TLS_client_method() :
		    TLS_server_method());

		SSL_CTX_set_min_proto_version(context, version);
		SSL_CTX_set_max_proto_version(context, version);
		SSL_CTX_set_security_level(context, 0);
		if (version == TLS1_3_VERSION)
			SSL_CTX_set_ciphersuites(context, suites);
		else
			SSL_CTX_set_cipher_list(context, suites);
		SSL_CTX_set_dh_auto(context, 1);
		talk->contexts[i] = context;
	}
	SSL_CTX_set_keylog_callback(talk->contexts[DIR_UP], talk_keylog);
	talk_certify(talk->contexts[DIR_DOWN], "RSA");
	talk_certify(talk->contexts[DIR_DOWN], "EC");
}

/* Two ends that have said nothing yet. session may be NULL. */
static void
talk_begin(struct talk *talk, SSL_SESSION *session)
{
	for (int i = 0; i < 2; i++) {
		/* An end that did not say goodbye spoils its session. */
		if (talk->ends[i] != NULL)
			SSL_set_shutdown(talk->ends[i], SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
		SSL_free(talk->ends[i]);
		talk->ends[i] = SSL_new(talk->contexts[i]);
		SSL_set_bio(talk->ends[i], BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	}
	SSL_set_connect_state(talk->ends[DIR_UP]);
	SSL_set_accept_state(talk->ends[DIR_DOWN]);
	if (session != NULL)
		SSL_set_session(talk->ends[DIR_UP], session);
	talk->len = talk->turn_count = 0;
	talk->keylog[0] = '\0';
}

/* Carries what one end has written to the other. True when there was something. */
static bool
talk_carry(struct talk *talk, enum dir dir)
{
	uint8_t part[32768];
	int n = BIO_read(SSL_get_wbio(talk->ends[dir]), part, sizeof(part));

	if (n <= 0)
		return false;
	if (talk->len + (size_t)n > TALK_BYTES_MAX || talk->turn_count == TALK_TURNS_MAX)
		abort();
	BIO_write(SSL_get_rbio(talk->ends[!dir]), part, n);
	talk->turns[talk->turn_count++] = (struct talk_turn){ dir, talk->len, (size_t)n };
	memcpy(talk->bytes + talk->len, part, (size_t)n);
	talk->len += (size_t)n;
	return true;
}

static void
talk_carry_all(struct talk *talk)
{
	bool more = true;

	while (more) {
		more = talk_carry(talk, DIR_UP);
		more = talk_carry(talk, DIR_DOWN) || more;
	}
}

/* The handshake, to its end; false when they do not agree. */
static bool
talk_shake(struct talk *talk)
{
	for (int i = 0; i < 10; i++) {
		SSL_do_handshake(talk->ends[DIR_UP]);
		talk_carry_all(talk);
		SSL_do_handshake(talk->ends[DIR_DOWN]);
		talk_carry_all(talk);
	}
	return SSL_is_init_finished(talk->ends[DIR_UP]) &&
	    SSL_is_init_finished(talk->ends[DIR_DOWN]);
}

/* One end says something, and the other reads it. */
static void
talk_say(struct talk *talk, enum dir dir, const void *data, size_t len)
{
	uint8_t sink[32768];

	if (SSL_write(talk->ends[dir], data, (int)len) != (int)len)
		abort();
	talk_carry_all(talk);
	while (SSL_read(talk->ends[!dir], sink, sizeof(sink)) > 0)
		;
	talk_carry_all(talk);
}

static void
talk_fini(struct talk *talk)
{
	for (int i = 0; i < 2; i++) {
		SSL_free(talk->ends[i]);
		SSL_CTX_free(talk->contexts[i]);
		talk->ends[i] = NULL;
	}
}

#endif
