/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside archives: entries (zip.c), and the parts of a spreadsheet (xlsx.c)
 * whose text stands apart from its cells.
 */
#ifndef CLASSIFIERS_ZIP_H
#define CLASSIFIERS_ZIP_H

#include "classifiers/body.h"

enum xlsx_part { XLSX_NONE, XLSX_SHEET, XLSX_STRINGS };

struct xlsx;

/* What an entry's name says it is. */
enum xlsx_part xlsx_part(const char *name);
/* NULL: memory out. */
struct xlsx *xlsx_new(struct census *census);
/* A part begins; bytes of it; at the end of all records are counted and freed. */
void xlsx_begin(struct xlsx *xlsx, enum xlsx_part part);
void xlsx_feed(struct xlsx *xlsx, const char *data, size_t len);
void xlsx_end(struct xlsx *xlsx);

#endif
