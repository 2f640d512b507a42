/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of classifier_table: each is defined in the file of its name.
 */
#ifndef CLASSIFIERS_TABLE_H
#define CLASSIFIERS_TABLE_H

#include "classifiers/classifiers.h"

extern const struct classifier classifier_hello;
extern const struct classifier classifier_quic;
extern const struct classifier classifier_dns;
extern const struct classifier classifier_preface;
extern const struct classifier classifier_http1;
extern const struct classifier classifier_http2;
/* Not in the table: HTTP/1.1 hands its flow over to it. */
extern const struct classifier classifier_websocket;
extern const struct classifier classifier_volume;

#endif
