/* SPDX-License-Identifier: Apache-2.0 */
/* A worker: made ready, run, drained. */
#include "proxy/proxy.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "proxy/authority.h"
#include "proxy/leaf.h"
#include "proxy/legs.h"
#include "proxy/worker.h"

/* ---- taking connections ---- */

/*
 * No descriptor is left for one more: it is taken with the spare and dropped,
 * so that its client knows, and the listener rests a moment.
 */
static void
accept_starved(struct proxy *proxy)
{
	struct timeval wait = { .tv_usec = ACCEPT_PAUSE_US };
	int fd;

	close(proxy->spare);
	fd = accept4(proxy->options.listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0) {
		COUNT(proxy, refused, 1);
		close(fd);
	}
	proxy->spare = eventfd(0, EFD_CLOEXEC);
	event_del(&proxy->accept_event);
	evtimer_add(&proxy->pause_event, &wait);
}

/* Too many: those who come now wait in the listener's queue. */
static void
accept_pause(struct proxy *proxy)
{
	struct timeval wait = { .tv_usec = ACCEPT_PAUSE_US };

	event_del(&proxy->accept_event);
	evtimer_add(&proxy->pause_event, &wait);
}

static void
accept_ready(int listener, short what, void *arg)
{
	struct proxy *proxy = arg;

	(void)what;
	proxy->home.now_us = moment_now();
	for (int i = 0; i < ACCEPT_BURST; i++) {
		int fd;

		if (proxy->conn_count >= proxy->conn_max) {
			accept_pause(proxy);
			break;
		}
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			    errno == ENOMEM)
				accept_starved(proxy);
			break;
		}
		COUNT(proxy, accepted, 1);
		conn_new(proxy, fd);
	}
	conns_bury(proxy);
}

static void
accept_resume(int fd, short what, void *arg)
{
	struct proxy *proxy = arg;

	(void)fd;
	(void)what;
	if (!proxy->draining)
		event_add(&proxy->accept_event, NULL);
}

/* ---- time ---- */

static void
counts_tell(struct proxy *proxy)
{
	struct stats stats = { 0 };

	judge_stats(proxy->home.judge, &stats);
	COUNT_SET(proxy, uploads, stats.uploads);
	COUNT_SET(proxy, below_threshold, stats.below_threshold);
	for (int i = 0; i < UNSCANNED_KINDS; i++)
		COUNT_SET(proxy, unscanned[i], stats.unscanned[i]);
	COUNT_SET(proxy, held, hold_pool_memory(proxy->home.holds));
	COUNT_SET(proxy, spilled, hold_pool_spilled(proxy->home.holds));
}

static void
tick(int fd, short what, void *arg)
{
	struct proxy *proxy = arg;

	(void)fd;
	(void)what;
	proxy->home.now_us = moment_now();
	counts_tell(proxy);
	conns_tick(proxy);
	conns_bury(proxy);
}

static void
again(int fd, short what, void *arg)
{
	struct proxy *proxy = arg;

	(void)fd;
	(void)what;
	proxy->home.now_us = moment_now();
	conns_again(proxy);
	conns_bury(proxy);
}

/* The grace is over: who still talks is cut off. */
static void
grace_over(int fd, short what, void *arg)
{
	struct proxy *proxy = arg;

	(void)fd;
	(void)what;
	while (proxy->conns != NULL)
		conn_close(proxy->conns);
	conns_bury(proxy);
}

/* ---- begin ---- */

static bool
events_init(struct proxy *proxy)
{
	struct timeval second = { .tv_sec = 1 };

	proxy->base = event_base_new();
	if (proxy->base == NULL)
		return false;
	event_assign(&proxy->accept_event, proxy->base, proxy->options.listener,
	    EV_READ | EV_PERSIST, accept_ready, proxy);
	evtimer_assign(&proxy->pause_event, proxy->base, accept_resume, proxy);
	evtimer_assign(&proxy->again_event, proxy->base, again, proxy);
	evtimer_assign(&proxy->grace_event, proxy->base, grace_over, proxy);
	event_assign(&proxy->tick_event, proxy->base, -1, EV_PERSIST, tick, proxy);
	ask_init(proxy, proxy->options.signer);
	return event_add(&proxy->accept_event, NULL) == 0 &&
	    event_add(&proxy->tick_event, &second) == 0;
}

/* Two descriptors a connection; a tunnel may need a pipe on top for a moment. */
static size_t
conn_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return SIZE_MAX;
	if (limit.rlim_cur < DESCRIPTORS_KEPT + 2 * PIPES_KEPT + 2)
		return limit.rlim_cur > DESCRIPTORS_KEPT + 2 ?
		    (limit.rlim_cur - DESCRIPTORS_KEPT) / 2 : 1;
	return (limit.rlim_cur - DESCRIPTORS_KEPT - 2 * PIPES_KEPT) / 2;
}

static bool
authority_init(struct proxy *proxy)
{
	struct problems problems = { 0 };

	proxy->authority = authority_load(proxy->options.settings->ca, &problems);
	problems_print(&problems);
	problems_fini(&problems);
	proxy->key = leaf_key_new();
	proxy->untrusted = leaf_untrusted_new();
	proxy->leaves = leaf_cache_new(LEAF_CACHE_MAX);
	return proxy->authority != NULL && proxy->key != NULL && proxy->untrusted != NULL &&
	    proxy->leaves != NULL;
}

static bool
legs_init(struct proxy *proxy)
{
	struct legs_options options = {
		.trust = proxy->options.trust,
		.issuer = authority_gateway(proxy->authority),
		.untrusted = leaf_untrusted_cert(proxy->untrusted),
		.tickets = proxy->options.shared->tickets
	};

	proxy->legs = legs_new(&options);
	return proxy->legs != NULL;
}

static bool
judge_init(struct proxy *proxy)
{
	const struct proxy_options *options = &proxy->options;
	struct judge_options judge = {
		.rules = options->rules,
		.settings = options->settings,
		.door = "proxy",
		.gateway = options->gateway,
		.identity_key = options->identity_key,
		.sink = &options->sink->events,
		.enforces = true,
	};

	proxy->home.judge = judge_new(&judge);
	return proxy->home.judge != NULL;
}

static bool
home_init(struct proxy *proxy)
{
	proxy->home.settings = proxy->options.settings;
	proxy->home.counts = proxy->counts;
	proxy->home.holds = hold_pool_new((size_t)proxy->options.settings->hold_total,
	    proxy->options.spool);
	proxy->home.now_us = moment_now();
	return proxy->home.holds != NULL && judge_init(proxy);
}

/*
 * Bodies and records come and go by the thousand: their memory is not asked
 * of the system each time. conns_tick() gives back what a peak left.
 */
static void
memory_init(void)
{
	mallopt(M_MMAP_THRESHOLD, MEMORY_MMAP);
	mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);
}

static void
proxy_free(struct proxy *proxy)
{
	if (proxy == NULL)
		return;
	while (proxy->conns != NULL)
		conn_close(proxy->conns);
	if (proxy->base != NULL) {
		ask_fini(proxy);
		event_base_free(proxy->base);
	}
	tunnel_pipes_close(proxy);
	judge_free(proxy->home.judge);
	hold_pool_free(proxy->home.holds);
	leaf_cache_free(proxy->leaves);
	legs_free(proxy->legs);
	leaf_untrusted_free(proxy->untrusted);
	authority_free(proxy->authority);
	EVP_PKEY_free(proxy->key);
	own_addrs_fini(&proxy->own);
	pool_fini(&proxy->pool);
	if (proxy->spare >= 0)
		close(proxy->spare);
	if (proxy->options.listener >= 0)
		close(proxy->options.listener);
	free(proxy->peek);
	free(proxy->buffer);
	free(proxy->packet);
	free(proxy);
}

struct proxy *
proxy_new(const struct proxy_options *options)
{
	struct proxy *proxy = xcalloc(1, sizeof(*proxy));

	memory_init();
	proxy->options = *options;
	proxy->signer = -1;
	proxy->counts = &options->shared->counts[options->worker % PROXY_WORKERS_MAX];
	proxy->engine = origdst_engine_of((enum divert)options->settings->divert);
	proxy->peek = xcalloc(1, sizeof(*proxy->peek));
	proxy->buffer = xcalloc(1, READ_SIZE);
	proxy->packet = xcalloc(1, READ_SIZE + 128);
	proxy->spare = eventfd(0, EFD_CLOEXEC);
	proxy->conn_max = conn_limit();
	pool_init(&proxy->pool, sizeof(struct conn));
	if (own_addrs_init(&proxy->own) && authority_init(proxy) && legs_init(proxy) &&
	    home_init(proxy) && events_init(proxy))
		return proxy;
	log_error("proxy", "a worker cannot be made ready");
	proxy_free(proxy);
	return NULL;
}

/* ---- run ---- */

int
proxy_run(struct proxy *proxy)
{
	COUNT_SET(proxy, open, 0);
	if (event_base_loop(proxy->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0) {
		log_error("proxy", "the event loop failed");
		return -1;
	}
	counts_tell(proxy);
	return 0;
}

void
proxy_drain(struct proxy *proxy, unsigned grace_s)
{
	struct timeval grace = { .tv_sec = grace_s };

	if (!proxy->draining) {
		proxy->draining = true;
		event_del(&proxy->accept_event);
		event_del(&proxy->pause_event);
		/* The last one to close it frees the port, and sends away who still waits. */
		close(proxy->options.listener);
		proxy->options.listener = -1;
	}
	if (grace_s > 0)
		evtimer_add(&proxy->grace_event, &grace);
	if (proxy->conn_count == 0)
		event_base_loopbreak(proxy->base);
}

static void
watch_ready(int fd, short what, void *arg)
{
	struct proxy *proxy = arg;

	(void)what;
	proxy->home.now_us = moment_now();
	for (unsigned i = 0; i < proxy->watches; i++)
		if (event_get_fd(&proxy->watch_event[i]) == fd)
			proxy->watch[i].ready(proxy->watch[i].arg);
	conns_bury(proxy);
}

bool
proxy_watch(struct proxy *proxy, int fd, void (*ready)(void *arg), void *arg)
{
	unsigned i = proxy->watches;

	if (i == PROXY_WATCHES_MAX)
		return false;
	proxy->watch[i].ready = ready;
	proxy->watch[i].arg = arg;
	proxy->watches++;
	return event_assign(&proxy->watch_event[i], proxy->base, fd, EV_READ | EV_PERSIST,
	    watch_ready, proxy) == 0 && event_add(&proxy->watch_event[i], NULL) == 0;
}
