/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both ends of what divert.sh tries, one word each:
 *
 *	listen ENGINE PORT	the proxy's place: greets with where the client
 *				was going, as the engine says, then echoes
 *	serve WORD PORT...	a server, TCP and UDP: greets or answers WORD
 *	ask ADDR PORT [FROM]	connects, prints the greeting
 *	own ADDR PORT		the same by origdst_connect(), as the proxy does
 *	udp ADDR PORT [FROM]	sends a datagram, prints the answer
 *	keep ADDR PORT		connects, prints the greeting; then sends each
 *				line of its input and prints the echo
 *
 * What does not come is printed as "refused", "reset", "silence", or the error.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proxy/origdst.h"

/* An answer that takes longer does not come. */
#define PATIENCE_MS 3000

#define SERVERS_MAX 16

static void __attribute__((noreturn))
die(const char *what)
{
	perror(what);
	exit(1);
}

static socklen_t
sockaddr_make(const char *text, const char *port, struct sockaddr_storage *ss)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;
	struct addr addr;

	memset(ss, 0, sizeof(*ss));
	if (!addr_parse(text, &addr))
		die(text);
	if (addr.family == 4) {
		sin->sin_family = AF_INET;
		sin->sin_port = htons((uint16_t)atoi(port));
		memcpy(&sin->sin_addr, addr.bytes, 4);
		return sizeof(*sin);
	}
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons((uint16_t)atoi(port));
	memcpy(&sin6->sin6_addr, addr.bytes, 16);
	return sizeof(*sin6);
}

/* ---- who asks ----------------------------------------------------------------- */

static const char *
failure(int error)
{
	return error == ECONNREFUSED ? "refused" : error == ECONNRESET ? "reset" :
	    error == ETIMEDOUT || error == EAGAIN ? "silence" : strerror(error);
}

static int
failed(int error)
{
	puts(failure(error));
	return 0;
}

static int
socket_to(int type, const char *text, const char *port, const char *from,
    int *error)
{
	const struct timeval patience = { PATIENCE_MS / 1000, 0 };
	struct sockaddr_storage to, source;
	socklen_t len = sockaddr_make(text, port, &to);
	int fd = socket(to.ss_family, type, 0);

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (from != NULL && bind(fd, (struct sockaddr *)&source,
	    sockaddr_make(from, "0", &source)) != 0)
		die("bind");
	*error = connect(fd, (struct sockaddr *)&to, len) == 0 ? 0 :
	    errno == EINPROGRESS ? ETIMEDOUT : errno;
	return fd;
}

/* Prints what comes, up to a line's end. */
static int
line_print(int fd)
{
	char text[256];
	ssize_t got = recv(fd, text, sizeof(text) - 1, 0);

	if (got < 0)
		return failed(errno);
	text[got] = '\0';
	printf("%s%s", text, got > 0 && text[got - 1] == '\n' ? "" : "\n");
	fflush(stdout);
	return 0;
}

static int
ask(char **argv)
{
	int error, fd = socket_to(SOCK_STREAM, argv[0], argv[1], argv[2], &error);

	return error ? failed(error) : line_print(fd);
}

static int
udp(char **argv)
{
	int error, fd = socket_to(SOCK_DGRAM, argv[0], argv[1], argv[2], &error);

	if (error != 0 || send(fd, "?", 1, 0) != 1)
		return failed(error ? error : errno);
	return line_print(fd);
}

static int
own(char **argv)
{
	struct pollfd there = { .events = POLLIN };
	struct addr addr;

	if (!addr_parse(argv[0], &addr))
		die(argv[0]);
	there.fd = origdst_connect(&addr, (uint16_t)atoi(argv[1]));
	if (there.fd < 0)
		return failed(errno);
	if (poll(&there, 1, PATIENCE_MS) != 1)
		return failed(ETIMEDOUT);
	return line_print(there.fd);
}

static int
keep(char **argv)
{
	int error, fd = socket_to(SOCK_STREAM, argv[0], argv[1], NULL, &error);
	char line[64];

	if (error != 0)
		return failed(error);
	line_print(fd);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0)
			return failed(errno);
		line_print(fd);
	}
	return 0;
}

/* ---- who answers ---------------------------------------------------------------- */

/* A child a connection: greets, echoes, ends with the client. */
static void
greet(int fd, const char *text)
{
	char bytes[256];
	ssize_t got;

	if (fork() != 0) {
		close(fd);
		return;
	}
	if (write(fd, text, strlen(text)) > 0)
		while ((got = read(fd, bytes, sizeof(bytes))) > 0)
			if (write(fd, bytes, (size_t)got) != got)
				break;
	_exit(0);
}

static int
listen_as(char **argv)
{
	const struct origdst_engine *engine = origdst_engine_of(
	    strcmp(argv[0], "tproxy") == 0 ? DIVERT_TPROXY : DIVERT_REDIRECT);
	struct pollfd ready = { .events = POLLIN };
	char text[ADDR_TEXT_MAX], line[128];
	struct own_addrs addrs;
	struct origdst was;
	int in;

	if (!own_addrs_init(&addrs))
		die("own_addrs_init");
	ready.fd = origdst_listen(engine, (uint16_t)atoi(argv[1]));
	if (ready.fd < 0)
		die("origdst_listen");
	puts("ready");
	fflush(stdout);
	while (poll(&ready, 1, -1) >= 0) {
		in = accept(ready.fd, NULL, NULL);
		if (in < 0)
			continue;
		was = origdst_ask(engine, &addrs, in);
		snprintf(line, sizeof(line), "%s %s %u\n",
		    origdst_result_text(was.result), addr_text(&was.addr, text),
		    was.port);
		greet(in, line);
	}
	die("poll");
}

static int
server(int type, const char *port)
{
	const int off = 0, on = 1;
	struct sockaddr_storage any;
	socklen_t len = sockaddr_make("::", port, &any);
	int fd = socket(AF_INET6, type, 0);

	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* It answers from whatever address it was reached at, also one that is not its own. */
	setsockopt(fd, SOL_IP, IP_TRANSPARENT, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&any, len) != 0 ||
	    (type == SOCK_STREAM && listen(fd, 16) != 0))
		die(port);
	return fd;
}

static void
answer(int fd, const char *word)
{
	struct sockaddr_storage who;
	socklen_t len = sizeof(who);
	char byte;

	if (recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&who, &len) > 0)
		sendto(fd, word, strlen(word), 0, (struct sockaddr *)&who, len);
}

static int
serve(char **argv)
{
	struct pollfd fds[SERVERS_MAX];
	nfds_t i, count = 0;
	char word[64];

	snprintf(word, sizeof(word), "%s\n", argv[0]);
	for (argv++; *argv != NULL && count < SERVERS_MAX; argv++) {
		fds[count++] = (struct pollfd){ .fd = server(SOCK_STREAM, *argv), .events = POLLIN };
		fds[count++] = (struct pollfd){ .fd = server(SOCK_DGRAM, *argv), .events = POLLIN };
	}
	puts("ready");
	fflush(stdout);
	while (poll(fds, count, -1) >= 0) {
		for (i = 0; i < count; i++) {
			if (fds[i].revents == 0)
				continue;
			if (i % 2 == 0)
				greet(accept(fds[i].fd, NULL, NULL), word);
			else
				answer(fds[i].fd, word);
		}
	}
	die("poll");
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(char **argv);
	} roles[] = {
		{ "listen", listen_as }, { "serve", serve }, { "ask", ask },
		{ "own", own }, { "udp", udp }, { "keep", keep },
	};
	size_t i;

	signal(SIGCHLD, SIG_IGN);
	for (i = 0; argc >= 4 && i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(argv[1], roles[i].name) == 0)
			return roles[i].run(argv + 2);
	}
	fprintf(stderr, "usage: origdst_echo ROLE ARGUMENT...\n");
	return 2;
}
