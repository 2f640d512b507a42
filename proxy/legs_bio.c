/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How TLS reads and writes an end. A read that brings less than was asked for
 * has emptied the socket, and the next edge will tell of more; so nothing is
 * asked twice just to be told that there is nothing (OpenSSL's own BIO would).
 */
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include "proxy/legs.h"
#include "proxy/worker.h"

static BIO_METHOD *method;

static int
bio_read(BIO *bio, char *data, int len)
{
	struct end *end = BIO_get_data(bio);
	ssize_t n = -1;

	BIO_clear_retry_flags(bio);
	errno = EAGAIN;
	if (end->readable)
		n = recv(end->fd, data, (size_t)len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		end->readable = false;
		BIO_set_retry_read(bio);
	} else if (n > 0 && n < len && !end->closing) {
		/* What comes later is told by an edge; an end that came with these bytes was. */
		end->readable = false;
	} else if (n == 0) {
		BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
	}
	return (int)n;
}

static int
bio_write(BIO *bio, const char *data, int len)
{
	struct end *end = BIO_get_data(bio);
	ssize_t n = -1;

	BIO_clear_retry_flags(bio);
	errno = EAGAIN;
	if (end->writable)
		n = send(end->fd, data, (size_t)len, MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		end->writable = false;
		BIO_set_retry_write(bio);
	}
	return (int)n;
}

static long
bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)number;
	(void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH:
	case BIO_CTRL_DUP:
		return 1;
	case BIO_CTRL_EOF:
		return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
	default:
		return 0;
	}
}

void
legs_step_begin(void)
{
	ERR_clear_error();
	errno = 0;
}

enum legs_step
legs_step_of(const struct end *end, int result)
{
	if (result > 0)
		return LEGS_DONE;
	switch (SSL_get_error(end->ssl, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return LEGS_WAIT;	/* bio_read() or bio_write() has set the flag */
	case SSL_ERROR_ZERO_RETURN:
		return LEGS_ENDED;
	case SSL_ERROR_SSL:
		return ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING ?
		    LEGS_TRUNCATED : LEGS_FAILED;
	default:
		return errno == 0 ? LEGS_TRUNCATED : LEGS_FAILED;
	}
}

bool
legs_bio_init(void)
{
	if (method != NULL)
		return true;
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "end");
	return method != NULL && BIO_meth_set_read(method, bio_read) == 1 &&
	    BIO_meth_set_write(method, bio_write) == 1 &&
	    BIO_meth_set_ctrl(method, bio_ctrl) == 1;
}

bool
legs_bio_set(SSL *ssl, struct end *end)
{
	BIO *bio = BIO_new(method);

	if (bio == NULL)
		return false;
	BIO_set_data(bio, end);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	return true;
}
