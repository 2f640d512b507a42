/* SPDX-License-Identifier: Apache-2.0 */
/* For load: a request over a new connection on which HTTP/2 was agreed on. */
#ifndef TESTS_BENCH_LOAD_HTTP2_H
#define TESTS_BENCH_LOAD_HTTP2_H

#include <openssl/ssl.h>
#include <stdbool.h>

/* GET /100 of that host, as the connection's first request. True: it was answered 200. */
bool http2_ask(SSL *ssl, const char *name);

#endif
