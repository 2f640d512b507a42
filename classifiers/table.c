/* SPDX-License-Identifier: Apache-2.0 */
#include "classifiers/table.h"

/*
 * In this order each chunk is offered. Volume comes last, so that a name
 * found in a chunk has set its size models before it counts that chunk.
 */
const struct classifier *const classifier_table[CLASSIFIERS] = {
	[CLASSIFIER_HELLO] = &classifier_hello,
	[CLASSIFIER_QUIC] = &classifier_quic,
	[CLASSIFIER_DNS] = &classifier_dns,
	[CLASSIFIER_PREFACE] = &classifier_preface,
	[CLASSIFIER_HTTP1] = &classifier_http1,
	[CLASSIFIER_HTTP2] = &classifier_http2,
	[CLASSIFIER_VOLUME] = &classifier_volume,
};
