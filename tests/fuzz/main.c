/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzzer's function over files and folders of seeds, without a fuzzing
 * engine, so that `make test` tries every seed ever kept.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
seed_run(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat info;
	uint8_t *data;
	size_t size;

	if (file == NULL || fstat(fileno(file), &info) != 0) {
		perror(path);
		return 1;
	}
	data = malloc((size_t)info.st_size + 1);
	if (data == NULL)
		abort();
	size = fread(data, 1, (size_t)info.st_size, file);
	fclose(file);
	/* An exact block, so that a sanitiser sees one byte read too far. */
	data = realloc(data, size ? size : 1);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

static int
folder_run(const char *path, unsigned *count)
{
	struct dirent **list;
	int n = scandir(path, &list, NULL, alphasort), bad = 0;
	char name[4096];

	if (n < 0) {
		perror(path);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.') {
			snprintf(name, sizeof(name), "%s/%s", path, list[i]->d_name);
			bad |= seed_run(name);
			++*count;
		}
		free(list[i]);
	}
	free(list);
	return bad;
}

int
main(int argc, char **argv)
{
	unsigned count = 0;
	int bad = 0;

	for (int i = 1; i < argc; i++)
		bad |= folder_run(argv[i], &count);
	printf("%u seeds\n", count);
	return bad || count == 0;
}
