/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the volume classifier, among themselves. Framing turns a flow
 * into units (TLS records, WhatsApp frames, segments, datagrams); engines, one
 * for each shape, turn units into uploads. Included only from classifiers/.
 */
#ifndef CLASSIFIERS_VOLUME_H
#define CLASSIFIERS_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifiers/classifiers.h"
#include "classifiers/mtproto.h"

enum framing {
	FRAMING_NONE,		/* not yet known */
	FRAMING_TLS,
	FRAMING_WHATSAPP,
	FRAMING_OPENING,	/* noise so far: Telegram's, or raw */
	FRAMING_MTPROTO,
	FRAMING_RAW,		/* no lengths on the wire: segments as they come */
	FRAMING_DATAGRAM	/* QUIC */
};

/* The longest header kept across chunks: MTProto's full transport. */
#define VOLUME_HEAD_MAX MTPROTO_HEAD_MAX

enum side_state { SIDE_HEAD, SIDE_BODY, SIDE_SEEK, SIDE_DEAD };

/* Where one direction stands within its framing. */
struct volume_side {
	uint64_t begin_us;		/* of the record or frame being read */
	uint64_t begin_at;		/* the bytes before it */
	uint32_t length, left;		/* of its body */
	uint32_t sought, lost;		/* bytes read, and missed, since the boundary went */
	uint8_t head[VOLUME_HEAD_MAX];
	uint8_t have;			/* bytes in head */
	uint8_t state;			/* enum side_state */
	uint8_t type;			/* TLS content type; MTProto: 1 for payload */
	bool preface;			/* WhatsApp: the opening bytes are over */
	bool ccs, tls12;		/* TLS: what the handshake showed */
	bool seen, data;		/* any bytes; application data records */
	bool payload;			/* some of them past the handshake */
};

struct volume_work;

struct volume_slot {
	struct volume_side side[2];
	struct volume_work *work;	/* owned; NULL while no models are set */
	struct mtproto *mtproto;	/* owned; of that framing and its opening */
	uint8_t framing;
	bool asked;			/* models were set, perhaps to none */
	bool stopped;			/* the flow is over */
	bool gapped;			/* bytes are missing somewhere */
	uint64_t passed[2];		/* bytes, each way, with this chunk */
};

/* One unit's payload, without what TLS or QUIC add to it. */
struct volume_unit {
	uint64_t begin_us, end_us;
	uint64_t before;		/* bytes of its direction before its head; 0 not known */
	uint32_t len;
	enum dir dir;
};

/* ---- volume_framing.c ---------------------------------------------------- */

/* Cuts a chunk into units and hands each to volume_unit(). */
void volume_frame(struct task *task, struct volume_slot *slot,
    const struct chunk *chunk);

/*
 * The unit whose head has come and whose end has not, with the length it will
 * have. False: there is none, or it is no payload.
 */
bool volume_unit_open(const struct volume_slot *slot, enum dir dir,
    struct volume_unit *unit);

/* Each chunk is one unit: nothing says where messages end. */
void volume_frame_raw(struct task *task, struct volume_slot *slot,
    const struct chunk *chunk);

/* volume_mtproto.c: a chunk of FRAMING_OPENING or FRAMING_MTPROTO. */
void volume_mtproto(struct task *task, struct volume_slot *slot,
    const struct chunk *chunk);

/* True when a direction's boundaries are lost for good. */
bool volume_side_dead(const struct volume_side *side);

/* volume.c: one unit for the engines. */
void volume_unit(struct task *task, struct volume_slot *slot,
    const struct volume_unit *unit);

/* ---- engines' state ------------------------------------------------------ */

/* One request and its answer, as far as sizes tell. */
struct exchange {
	uint64_t up, down;
	uint64_t before;		/* of a frame: as in struct volume_unit */
	uint64_t begin_us, end_us;	/* first unit up, last unit either way */
	uint64_t up_end_us;
	uint32_t answer;		/* bytes down since the last unit up */
	uint32_t crossings;		/* times that few bytes came down between two up */
	uint32_t requests;		/* MTProto: frames that may be requests of a book */
	uint64_t book;			/* their bytes */
	bool answered;
};

/* Large exchanges that follow each other: slices of one upload, or not. */
struct run {
	uint64_t up, down, begin_us, end_us;
	uint64_t largest, smallest;	/* all but the newest, which may be the rest */
	uint64_t newest;
	struct {
		uint64_t up, down, begin_us, end_us;
		uint32_t requests;
	} top;				/* the largest exchange of all */
	uint32_t count, parts;		/* parts: of a file, by their sizes */
	uint32_t requests;		/* count, where one exchange is one request */
};

/* Small exchanges of nearly equal size. */
struct series {
	uint64_t up, down, begin_us, end_us;
	double sum, squares;		/* of the sizes that fit */
	uint32_t fits, photos, misfits;
};

/* All exchanges since the last pause, for endpoint evidence. */
struct visit {
	uint64_t up, down, begin_us, end_us;
	bool told;			/* another engine spoke of these bytes */
};

/* A Signal contact discovery session by its turns. */
struct cdsi {
	uint64_t evidence, request, before, after;
	uint64_t up, down;		/* all application data */
	uint64_t solo;			/* request bytes when nothing comes down */
	uint64_t begin_us, end_us;
	uint32_t ups, downs;
	uint32_t last_up;		/* length of the last unit up */
	uint8_t phase;
};

/* Oversized WhatsApp frames that wait for their answers. */
#define FRAMES_WAITING_MAX 4
struct frames {
	struct exchange waiting[FRAMES_WAITING_MAX];
	uint8_t count;
};

struct volume_work {
	const struct size_model *models[SIZE_MODELS_MAX];
	uint8_t count;
	bool opened;			/* the first exchange is over */
	/* One engine serves a flow: see volume_engine(). */
	union {
		struct {
			struct exchange exchange;
			struct run run;
			struct series series;
			struct visit visit;
			struct volume_unit oversized;	/* len 0: none unanswered */
			uint64_t file_us;	/* a part of a file went up; 0: none */
		};
		struct cdsi cdsi;
		struct frames frames;
	};
};

/* The first model of a shape and its index, or NULL. */
const struct size_model *volume_model(const struct volume_work *work,
    enum shape shape, uint64_t *index);

/*
 * Tells the listener of one upload by the model of a shape. Bytes and times
 * are in the upload. After a gap the confidence is one step lower.
 */
void volume_tell(struct task *task, const struct volume_slot *slot,
    enum shape shape, struct upload *upload);

/* Each engine: one unit (or exchange), and the flow's end. */
void cdsi_unit(struct volume_slot *slot, const struct volume_unit *unit);
void cdsi_end(struct task *task, struct volume_slot *slot);
void frames_unit(struct task *task, struct volume_slot *slot,
    const struct volume_unit *unit);
void frames_end(struct task *task, struct volume_slot *slot);
void burst_unit(struct task *task, struct volume_slot *slot,
    const struct volume_unit *unit);
void burst_end(struct task *task, struct volume_slot *slot);
/* True when the exchange belongs to a series under way. */
bool series_exchange(struct task *task, struct volume_slot *slot,
    const struct exchange *exchange);
void series_end(struct task *task, struct volume_slot *slot);

/*
 * Before the end: what each engine knows of the upload under way. Fills bytes,
 * times and contacts; false: nothing, or nothing that is sure to stay.
 */
bool cdsi_peek(const struct volume_slot *slot, struct upload *upload);
bool frames_peek(const struct task *task, const struct volume_slot *slot,
    struct observation *seen, struct upload *upload);
/* A frame that the model has stopped at its head: nobody has answered it. */
bool burst_oversized(const struct volume_slot *slot,
    const struct size_model *model, const struct volume_unit *unit);
/* volume_peek.c */
bool burst_peek(const struct task *task, const struct volume_slot *slot,
    struct observation *seen, struct upload *upload);

/* size_model_estimate() for an upload cut into `parts` requests. */
struct contacts size_model_estimate_parts(const struct size_model *model,
    uint64_t bytes, uint32_t parts);

/*
 * How many numbers a Signal session asked for, by the WebSocket bytes of its
 * request and of the answer (0: not seen).
 */
struct contacts cdsi_estimate(uint64_t request, uint64_t answer);

/*
 * What a frame of `bytes` (its 3-byte length included) may be, with the size
 * of its answer (0: not seen).
 */
enum frame_guess { FRAME_NOTHING, FRAME_QUERY, FRAME_MIXED, FRAME_UPLOAD };
enum frame_guess frames_estimate(uint64_t bytes, uint64_t answer,
    const char *region, struct contacts *contacts);

#endif
