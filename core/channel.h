/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel: framed messages between two processes of the appliance, over a
 * socket pair of type SOCK_SEQPACKET: one message is one packet. Nothing here
 * ever waits. What the other end says is checked before anybody sees it: a
 * process that reads traffic may have fallen into somebody else's hands.
 *
 * A channel has one descriptor that can be read whenever there is something
 * to do, also when only room to write was waited for, so that any loop that
 * watches descriptors for reading can drive it.
 */
#ifndef CORE_CHANNEL_H
#define CORE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest body: the record of an upload, with room for it to grow. */
#define CHANNEL_BODY_MAX 4096
/* Messages read in one turn, so that one loud end does not starve the others. */
#define CHANNEL_TURN_MAX 64
/* Bytes of the key of the device pseudonyms, as MESSAGE_READY carries it. */
#define CHANNEL_KEY_LEN 32

enum message_kind {
	MESSAGE_NONE,
	MESSAGE_READY,		/* process to monitor: set up, and within its sandbox */
	MESSAGE_DRAIN,		/* monitor to process: end; number: seconds, 0 all it takes */
	MESSAGE_PEER,		/* monitor to process: fd leads to the process that number names */
	MESSAGE_UPLOAD,		/* worker to recorder: a record of channel_record.h */
	MESSAGE_BYPASS,		/* the same */
	MESSAGE_STORED,		/* recorder to worker: all up to number is on the disk */
	MESSAGE_KINDS
};

struct message {
	enum message_kind kind;
	uint64_t number;	/* what it means depends on the kind */
	const void *body;	/* the channel's until the receiver returns */
	size_t len;
	int fd;			/* MESSAGE_PEER: the receiver's to close; -1 none */
};

struct channel;

/* Both ends: not blocking, closed on exec. False with errno. */
bool channel_pair(int pair[2]);

/*
 * Takes the socket over, also when it fails. room: messages that may wait to
 * be sent. take() is called for each message; it must not free the channel.
 * NULL with errno.
 */
struct channel *channel_new(int socket, size_t room,
    void (*take)(void *arg, const struct message *message), void *arg);
void channel_free(struct channel *channel);

/* Can be read when channel_turn() has something to do. */
int channel_fd(const struct channel *channel);

/* Sends what waits, takes what came. False: the other end is gone. */
bool channel_turn(struct channel *channel);

/*
 * Sends, or queues a copy (a descriptor that rides along must be sent at once:
 * it is not queued). False: there was no room, or the other end is gone; the
 * message is counted as lost.
 */
bool channel_send(struct channel *channel, const struct message *message);

/* How many more can be queued; how many wait. */
size_t channel_room(const struct channel *channel);
size_t channel_waiting(const struct channel *channel);

/* Messages that could not be sent; packets received that were no messages. */
uint64_t channel_lost(const struct channel *channel);
uint64_t channel_faults(const struct channel *channel);

/* ---- the wire ------------------------------------------------------------ */

/* Raised with every change of a message's form. */
#define CHANNEL_VERSION 1

/* Host order: both ends are the same program on the same machine. */
struct channel_head {
	uint8_t version;
	uint8_t kind;
	uint16_t len;		/* of the body that follows */
	uint32_t zero;
	uint64_t number;
};

#define CHANNEL_PACKET_MAX (sizeof(struct channel_head) + CHANNEL_BODY_MAX)

/* Takes a packet apart; message->body points into it. False: it is no message. */
bool channel_decode(const void *packet, size_t len, struct message *message);

#endif
