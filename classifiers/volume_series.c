/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address books that go up card by card: CardDAV PUTs, Exchange ActiveSync,
 * Microsoft Graph. Each request and each answer is small and like the one
 * before; their count is the number of contacts. A card with a photograph is
 * larger and still one contact.
 */
#include <math.h>
#include <string.h>

#include "classifiers/volume.h"

/* Fewer equal requests in a row happen by chance. */
#define SERIES_MIN 20
/* Spread of sizes over their mean: cards differ by a name and a number. */
#define SERIES_SPREAD 0.25
/* A pause of this length ends a series. */
#define SERIES_PAUSE_US (60 * USEC_PER_SEC)
/* The answer to a card: status, ETag, a few headers. */
#define SERIES_ANSWER_MIN 60
#define SERIES_ANSWER_MAX 1000
/* A card with a photograph is not larger than this... */
#define PHOTO_MAX (200u << 10)
/* ... and at most this share of the cards has one. */
#define PHOTO_SHARE 0.4
/* From here on, what fits belongs to the series. */
#define SERIES_OWNED 5
/* Look-ups between the cards: at most this share, and this many at first. */
#define MISFIT_SHARE 0.5
#define MISFIT_FIRST 4
/* An update of the same card, or a request that held two. */
#define SERIES_MARGIN 0.1

static bool
series_is_even(const struct series *series)
{
	double mean = series->sum / series->fits;
	double variance = series->squares / series->fits - mean * mean;

	return variance < 0 || sqrt(variance) < SERIES_SPREAD * mean;
}

void
series_end(struct task *task, struct volume_slot *slot)
{
	struct series *series = &slot->work->series;
	uint32_t count = series->fits + series->photos;
	struct upload upload = { 0 };
	uint64_t index;
	const struct size_model *model = volume_model(slot->work,
	    SHAPE_SERIES, &index);

	if (model != NULL && count >= SERIES_MIN && series_is_even(series) &&
	    series->photos <= PHOTO_SHARE * count &&
	    series->misfits <= MISFIT_SHARE * count) {
		upload.begin_us = series->begin_us;
		upload.end_us = series->end_us;
		upload.bytes_up = series->up;
		upload.bytes_down = series->down;
		upload.contacts = (struct contacts){
			(int64_t)((1 - SERIES_MARGIN) * count), count,
			(int64_t)ceil((1 + SERIES_MARGIN) * count),
			METHOD_SIZE, model->confidence
		};
		volume_tell(task, slot, SHAPE_SERIES, &upload);
		slot->work->visit.told = true;
	}
	memset(series, 0, sizeof(*series));
}

static void
series_add(struct series *series, const struct exchange *exchange, bool photo)
{
	double size = (double)exchange->up;

	if (series->fits + series->photos == 0)
		series->begin_us = exchange->begin_us;
	series->up += exchange->up;
	series->down += exchange->down;
	series->end_us = exchange->end_us;
	if (photo) {
		series->photos++;
		return;
	}
	series->fits++;
	series->sum += size;
	series->squares += size * size;
}

bool
series_exchange(struct task *task, struct volume_slot *slot,
    const struct exchange *exchange)
{
	struct series *series = &slot->work->series;
	uint64_t index;
	const struct size_model *model = volume_model(slot->work,
	    SHAPE_SERIES, &index);
	bool answer, fits, photo;

	if (model == NULL)
		return false;
	if (series->fits > 0 &&
	    exchange->begin_us > series->end_us + SERIES_PAUSE_US)
		series_end(task, slot);
	answer = !slot->side[DIR_DOWN].seen ||
	    (exchange->down >= SERIES_ANSWER_MIN &&
	    exchange->down <= SERIES_ANSWER_MAX);
	fits = answer && (double)exchange->up >= model->per_low &&
	    (double)exchange->up <= model->per_high;
	photo = answer && !fits && series->fits >= SERIES_OWNED &&
	    (double)exchange->up > model->per_high && exchange->up <= PHOTO_MAX;
	if (fits || photo) {
		series_add(series, exchange, photo);
		return series->fits >= SERIES_OWNED;
	}
	if (series->fits > 0 && ++series->misfits > MISFIT_FIRST +
	    MISFIT_SHARE * (series->fits + series->photos))
		series_end(task, slot);
	return false;
}
