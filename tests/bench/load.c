/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load: one TLS client for all proxies, so that its own cost is the same.
 *
 *	load fresh  -n COUNT -c PARALLEL ADDRESS NAME	a connection for each GET
 *	load keep   -n COUNT -c PARALLEL ADDRESS NAME	many GETs a connection
 *	load upload -n COUNT -c PARALLEL -f FILE ADDRESS NAME	POSTs of the file
 *	load hold   -n COUNT -c PARALLEL ADDRESS NAME	a GET each, then held until
 *							standard input ends
 *	load hold2  -n COUNT -c PARALLEL ADDRESS NAME	the same over HTTP/2
 *
 * Certificates are not verified and sessions not resumed: the same for all.
 * Prints "count failed seconds p50-ms p99-ms"; `hold` and `hold2` print "held
 * COUNT".
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load_http2.h"

#define PORT 443
#define PARALLEL_MAX 256
#define COUNT_MAX 1000000
#define FILE_MAX (64L << 20)
#define ANSWER_MAX 65536
#define PATIENCE_S 30

struct connection {
	int fd;
	SSL *ssl;
};

static SSL_CTX *context;
static struct sockaddr_storage address;
static socklen_t address_len;
static const char *name;
static long count = 1000;
static int parallel = 16;
static char *body;
static size_t body_len;

static atomic_long next_unit;
static atomic_long failed;
static double *took;			/* ms, by unit; 0 failed */
static struct connection *held;

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- one connection ------------------------------------------------------- */

static void
connection_close(struct connection *c)
{
	if (c->ssl != NULL) {
		SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
	}
	if (c->fd >= 0)
		close(c->fd);
	*c = (struct connection){ .fd = -1 };
}

static bool
connection_open(struct connection *c)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	const int on = 1;

	*c = (struct connection){ .fd = socket(address.ss_family, SOCK_STREAM, 0) };
	if (c->fd < 0)
		return false;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	c->ssl = SSL_new(context);
	if (c->ssl != NULL && SSL_set_tlsext_host_name(c->ssl, name) == 1 &&
	    connect(c->fd, (struct sockaddr *)&address, address_len) == 0 &&
	    SSL_set_fd(c->ssl, c->fd) == 1 && SSL_connect(c->ssl) == 1)
		return true;
	connection_close(c);
	return false;
}

/* Reads one answer that has a Content-Length. */
static bool
answer_read(struct connection *c)
{
	char text[ANSWER_MAX];
	const char *length, *end;
	size_t have = 0;
	int n;

	while (have < sizeof(text) - 1) {
		n = SSL_read(c->ssl, text + have, (int)(sizeof(text) - 1 - have));
		if (n <= 0)
			return false;
		have += (size_t)n;
		text[have] = '\0';
		end = strstr(text, "\r\n\r\n");
		if (end == NULL)
			continue;
		length = strcasestr(text, "content-length:");
		if (length == NULL || length > end)
			return false;
		if (have >= (size_t)(end + 4 - text) + strtoul(length + 15, NULL, 10))
			return strncmp(text, "HTTP/1.1 200", 12) == 0;
	}
	return false;
}

static bool
exchange(struct connection *c)
{
	char head[512];
	int n;

	if (body == NULL)
		n = snprintf(head, sizeof(head), "GET /100 HTTP/1.1\r\nHost: %s\r\n"
		    "User-Agent: load\r\nAccept: */*\r\n\r\n", name);
	else
		n = snprintf(head, sizeof(head), "POST /take HTTP/1.1\r\nHost: %s\r\n"
		    "User-Agent: load\r\nContent-Type: application/json\r\n"
		    "Content-Length: %zu\r\n\r\n", name, body_len);
	return SSL_write(c->ssl, head, n) == n &&
	    (body == NULL || SSL_write(c->ssl, body, (int)body_len) == (int)body_len) &&
	    answer_read(c);
}

/* ---- work: each thread takes units until none is left ------------------------ */

static void
unit_done(long unit, bool ok, double start)
{
	if (ok)
		took[unit] = now_ms() - start;
	else
		atomic_fetch_add(&failed, 1);
}

static void *
work_fresh(void *arg)
{
	struct connection c;
	double start;
	long unit;
	bool ok;

	(void)arg;
	while ((unit = atomic_fetch_add(&next_unit, 1)) < count) {
		start = now_ms();
		ok = connection_open(&c) && exchange(&c);
		unit_done(unit, ok, start);
		connection_close(&c);
	}
	return NULL;
}

static void *
work_keep(void *arg)
{
	struct connection c = { .fd = -1 };
	double start;
	long unit;
	bool ok;

	(void)arg;
	while ((unit = atomic_fetch_add(&next_unit, 1)) < count) {
		start = now_ms();
		ok = (c.ssl != NULL || connection_open(&c)) && exchange(&c);
		unit_done(unit, ok, start);
		if (!ok)
			connection_close(&c);
	}
	connection_close(&c);
	return NULL;
}

static bool
exchange2(struct connection *c)
{
	return http2_ask(c->ssl, name);
}

static void
hold_each(bool (*ask)(struct connection *c))
{
	double start;
	long unit;

	while ((unit = atomic_fetch_add(&next_unit, 1)) < count) {
		start = now_ms();
		unit_done(unit, connection_open(&held[unit]) && ask(&held[unit]), start);
	}
}

static void *
work_hold(void *arg)
{
	(void)arg;
	hold_each(exchange);
	return NULL;
}

static void *
work_hold2(void *arg)
{
	(void)arg;
	hold_each(exchange2);
	return NULL;
}

static double
run(void *(*work)(void *arg))
{
	pthread_t threads[PARALLEL_MAX];
	double start = now_ms();
	int i;

	for (i = 0; i < parallel; i++) {
		if (pthread_create(&threads[i], NULL, work, NULL) != 0)
			die("pthread_create");
	}
	for (i = 0; i < parallel; i++)
		pthread_join(threads[i], NULL);
	return (now_ms() - start) / 1e3;
}

/* ---- setting up ---------------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
print_times(double seconds)
{
	long good = 0, i;

	for (i = 0; i < count; i++) {
		if (took[i] > 0)
			took[good++] = took[i];
	}
	qsort(took, (size_t)good, sizeof(*took), compare);
	printf("%ld %ld %.3f %.3f %.3f\n", good, atomic_load(&failed), seconds,
	    good ? took[good / 2] : 0.0, good ? took[good * 99 / 100] : 0.0);
}

static void
wait_for_end(void)
{
	long i;

	printf("held %ld\n", count - atomic_load(&failed));
	fflush(stdout);
	while (getchar() != EOF)
		;
	for (i = 0; i < count; i++) {
		if (held[i].ssl != NULL)
			connection_close(&held[i]);
	}
}

static void
address_read(const char *text)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(PORT);
		address_len = sizeof(*v4);
	} else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(PORT);
		address_len = sizeof(*v6);
	} else {
		fprintf(stderr, "load: %s is no address\n", text);
		exit(2);
	}
}

static void
body_read(const char *path)
{
	FILE *file = fopen(path, "rb");

	body = malloc(FILE_MAX);
	if (file == NULL || body == NULL)
		die(path);
	body_len = fread(body, 1, FILE_MAX, file);
	fclose(file);
}

static void
context_make(const char *alpn)
{
	context = SSL_CTX_new(TLS_client_method());
	if (context == NULL || SSL_CTX_set_alpn_protos(context, (const unsigned char *)alpn,
	    (unsigned)strlen(alpn)) != 0)
		die("SSL_CTX_new");
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
}

static void
options_read(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "n:c:f:")) != -1) {
		if (c == 'n')
			count = atol(optarg);
		else if (c == 'c')
			parallel = atoi(optarg);
		else if (c == 'f')
			body_read(optarg);
		else
			exit(2);
	}
	if (optind + 2 != argc || count < 1 || count > COUNT_MAX || parallel < 1 ||
	    parallel > PARALLEL_MAX) {
		fprintf(stderr, "load: see the head of load.c\n");
		exit(2);
	}
	address_read(argv[optind]);
	name = argv[optind + 1];
}

static const struct {
	const char *name;
	void *(*work)(void *arg);
	const char *alpn;
	bool holds;
} modes[] = {
	{ "fresh", work_fresh, "\x08http/1.1", false },
	{ "keep", work_keep, "\x08http/1.1", false },
	{ "upload", work_keep, "\x08http/1.1", false },
	{ "hold", work_hold, "\x08http/1.1", true },
	{ "hold2", work_hold2, "\x02h2", true },
};

int
main(int argc, char **argv)
{
	const size_t n = sizeof(modes) / sizeof(modes[0]);
	struct rlimit files;
	double seconds;
	size_t i = 0;

	while (argc > 1 && i < n && strcmp(argv[1], modes[i].name) != 0)
		i++;
	if (argc < 2 || i == n) {
		fprintf(stderr, "load: see the head of load.c\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	options_read(argc - 1, argv + 1);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	context_make(modes[i].alpn);
	took = calloc((size_t)count, sizeof(*took));
	held = calloc((size_t)count, sizeof(*held));
	if (took == NULL || held == NULL)
		die("calloc");
	seconds = run(modes[i].work);
	if (modes[i].holds)
		wait_for_end();
	else
		print_times(seconds);
	return atomic_load(&failed) == 0 ? 0 : 1;
}
