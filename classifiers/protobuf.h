/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside protocol buffers: the stream of fields (protobuf.c), and one field
 * that is wholly there (protobuf_field.c).
 */
#ifndef CLASSIFIERS_PROTOBUF_H
#define CLASSIFIERS_PROTOBUF_H

#include "classifiers/body.h"

/* A contact with all its addresses; longer fields are lists, or no contact. */
#define FIELD_MAX 2048
/* Field numbers beyond this are taken for chance. */
#define NUMBER_OF_FIELD_MAX 4096

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* Reads a varint of at most ten bytes. Returns its bytes, 0: not whole, or none. */
size_t protobuf_varint(const uint8_t *data, size_t len, uint64_t *value);
/* Is that a tag a schema would have? */
bool protobuf_tag_valid(uint64_t tag);
/* One telephone number as an integer, big or little end first. */
bool protobuf_number(uint64_t value, uint64_t *mark);
/* Do the first (at most four) of these bytes hold such numbers, eight bytes each? */
bool protobuf_vector(const uint8_t *data, size_t len, bool *big);
/* Do the first four of these bytes' varints, or all there are, hold such numbers? */
bool protobuf_varints(const uint8_t *data, size_t len);
uint64_t protobuf_fixed64(const uint8_t *data, bool big);

/*
 * Pushes the marks of a field of bytes. Lists inside are counted at once;
 * what stays on the stack belongs to one record. Sets *name where text was
 * there that is no identifier. *last is the digits written last in text, of
 * this field or of one before: ids follow each other.
 */
void protobuf_field(struct census *census, const uint8_t *data, size_t len,
    uint32_t shape, bool *name, uint64_t *last);

#endif
