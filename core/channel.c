/* SPDX-License-Identifier: Apache-2.0 */
#include "core/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct channel_queued {
	struct channel_queued *next;
	size_t len;
	uint8_t packet[];
};

struct channel {
	int socket, poller;
	void (*take)(void *arg, const struct message *message);
	void *arg;
	struct channel_queued *first, **last;
	size_t waiting, most;
	uint64_t lost, faults;
	bool deaf;			/* the other end takes nothing more */
	bool ended;			/* and will say nothing more */
	bool writing;			/* room to write is being waited for */
};

bool
channel_pair(int pair[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0;
}

static bool
channel_poll(struct channel *channel, int how, bool writing)
{
	struct epoll_event event = { .events = EPOLLIN | (writing ? EPOLLOUT : 0u) };

	if (epoll_ctl(channel->poller, how, channel->socket, &event) != 0)
		return false;
	channel->writing = writing;
	return true;
}

struct channel *
channel_new(int socket, size_t room, void (*take)(void *arg, const struct message *message),
    void *arg)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	int saved;

	if (channel == NULL) {
		close(socket);
		return NULL;
	}
	channel->socket = socket;
	channel->poller = epoll_create1(EPOLL_CLOEXEC);
	channel->take = take;
	channel->arg = arg;
	channel->last = &channel->first;
	channel->most = room;
	if (channel->poller >= 0 && channel_poll(channel, EPOLL_CTL_ADD, false))
		return channel;
	saved = errno;
	channel_free(channel);
	errno = saved;
	return NULL;
}

static void
channel_unqueue(struct channel *channel)
{
	struct channel_queued *queued = channel->first;

	channel->first = queued->next;
	if (channel->first == NULL)
		channel->last = &channel->first;
	channel->waiting--;
	free(queued);
}

void
channel_free(struct channel *channel)
{
	if (channel == NULL)
		return;
	while (channel->first != NULL)
		channel_unqueue(channel);
	if (channel->poller >= 0)
		close(channel->poller);
	close(channel->socket);
	free(channel);
}

int
channel_fd(const struct channel *channel)
{
	return channel->poller;
}

size_t
channel_room(const struct channel *channel)
{
	return channel->deaf ? 0 : channel->most - channel->waiting;
}

size_t
channel_waiting(const struct channel *channel)
{
	return channel->waiting;
}

uint64_t
channel_lost(const struct channel *channel)
{
	return channel->lost;
}

uint64_t
channel_faults(const struct channel *channel)
{
	return channel->faults;
}

/* ---- sending ---------------------------------------------------------------- */

/* 1 sent, 0 later, -1 the other end is gone. */
static int
channel_write(struct channel *channel, const void *packet, size_t len, int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .space = { 0 } };
	struct iovec part = { (void *)packet, len };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	while (sendmsg(channel->socket, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno == EINTR)
			continue;
		/* ENOBUFS and ENOMEM pass, as a full buffer does. */
		return errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN ? -1 : 0;
	}
	return 1;
}

/* Sends from the queue until it is empty or the socket is full. */
static void
channel_flush(struct channel *channel)
{
	int sent = 1;

	while (channel->first != NULL && sent == 1) {
		sent = channel_write(channel, channel->first->packet, channel->first->len, -1);
		if (sent == 1)
			channel_unqueue(channel);
	}
	if (sent < 0) {
		channel->deaf = true;
		while (channel->first != NULL) {
			channel_unqueue(channel);
			channel->lost++;
		}
	}
	if (channel->writing != (channel->first != NULL))
		(void)channel_poll(channel, EPOLL_CTL_MOD, channel->first != NULL);
}

static bool
channel_enqueue(struct channel *channel, const void *packet, size_t len)
{
	struct channel_queued *queued;

	if (channel->waiting >= channel->most)
		return false;
	queued = malloc(sizeof(*queued) + len);
	if (queued == NULL)
		return false;
	queued->next = NULL;
	queued->len = len;
	memcpy(queued->packet, packet, len);
	*channel->last = queued;
	channel->last = &queued->next;
	channel->waiting++;
	if (!channel->writing)
		(void)channel_poll(channel, EPOLL_CTL_MOD, true);
	return true;
}

static size_t
channel_encode(const struct message *message, uint8_t packet[CHANNEL_PACKET_MAX])
{
	struct channel_head head = { CHANNEL_VERSION, (uint8_t)message->kind,
		(uint16_t)message->len, 0, message->number };

	memcpy(packet, &head, sizeof(head));
	if (message->len > 0)
		memcpy(packet + sizeof(head), message->body, message->len);
	return sizeof(head) + message->len;
}

bool
channel_send(struct channel *channel, const struct message *message)
{
	uint8_t packet[CHANNEL_PACKET_MAX];
	bool rides = message->kind == MESSAGE_PEER;
	size_t len;
	int sent = 0;

	if (!channel->deaf && message->len <= CHANNEL_BODY_MAX) {
		len = channel_encode(message, packet);
		if (channel->first == NULL)
			sent = channel_write(channel, packet, len, rides ? message->fd : -1);
		channel->deaf = sent < 0;
		if (sent > 0 || (sent == 0 && !rides && channel_enqueue(channel, packet, len)))
			return true;
	}
	channel->lost++;
	return false;
}

/* ---- receiving ---------------------------------------------------------------- */

bool
channel_decode(const void *packet, size_t len, struct message *message)
{
	struct channel_head head;

	if (len < sizeof(head))
		return false;
	memcpy(&head, packet, sizeof(head));
	if (head.version != CHANNEL_VERSION || head.zero != 0 ||
	    head.kind == MESSAGE_NONE || head.kind >= MESSAGE_KINDS ||
	    head.len > CHANNEL_BODY_MAX || head.len != len - sizeof(head))
		return false;
	*message = (struct message){ (enum message_kind)head.kind, head.number,
		(const uint8_t *)packet + sizeof(head), head.len, -1 };
	return true;
}

/* The first descriptor that came along, or -1; more than one is nobody's wish. */
static int
control_fd(struct msghdr *msg)
{
	int found = -1, fd;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; CMSG_LEN(at + sizeof(fd)) <= c->cmsg_len; at += sizeof(fd)) {
			memcpy(&fd, CMSG_DATA(c) + at, sizeof(fd));
			if (found < 0)
				found = fd;
			else
				close(fd);
		}
	}
	return found;
}

static void
channel_take(struct channel *channel, const uint8_t *packet, size_t len, struct msghdr *msg)
{
	int fd = control_fd(msg);
	struct message message;

	if ((msg->msg_flags & MSG_TRUNC) != 0 || !channel_decode(packet, len, &message) ||
	    (fd >= 0) != (message.kind == MESSAGE_PEER)) {
		channel->faults++;
		if (fd >= 0)
			close(fd);
		return;
	}
	message.fd = fd;
	channel->take(channel->arg, &message);
}

/* One packet. False: there is none, or the other end is gone. */
static bool
channel_receive(struct channel *channel)
{
	uint8_t packet[CHANNEL_PACKET_MAX] __attribute__((aligned(8)));
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec part = { packet, sizeof(packet) };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t len = recvmsg(channel->socket, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (len > 0) {
		channel_take(channel, packet, (size_t)len, &msg);
		return true;
	}
	/* No bytes are the end: an empty packet, too, is nothing we ever send. */
	channel->ended = len == 0 || (errno != EAGAIN && errno != EINTR && errno != ENOMEM);
	channel->deaf = channel->deaf || channel->ended;
	return false;
}

bool
channel_turn(struct channel *channel)
{
	channel_flush(channel);
	for (int i = 0; i < CHANNEL_TURN_MAX && channel_receive(channel); i++)
		;
	return !channel->ended;
}
