/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a table: every row kept has all its cells, each one text.
 */
#include <stdint.h>
#include <string.h>

#include "core/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems problems = { 0 };
	struct csv *csv = csv_parse("fuzz", (const char *)data, size, &problems);
	size_t row, cell, sum = 0;

	if (csv == NULL && problems.count == 0)
		__builtin_trap();
	for (row = 0; csv != NULL && row < csv->count; row++) {
		for (cell = 0; cell < csv->columns; cell++) {
			sum += strlen(csv->rows[row].cells[cell].text);
			if (csv->rows[row].cells[cell].column == 0)
				__builtin_trap();
		}
	}
	if (sum > size)
		__builtin_trap();
	csv_free(csv);
	problems_fini(&problems);
	return 0;
}
