/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca export: the root, for whoever shall trust it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/ca.h"

static int
format_unknown(const char *name)
{
	fprintf(stderr, "bookgate ca export: there is no format \"%s\"; there are", name);
	for (size_t i = 0; authority_format(i) != NULL; i++)
		fprintf(stderr, " %s", authority_format(i)->name);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

static enum authority_result
file_put(const char *path, const char *data, size_t len, struct problems *problems)
{
	struct authority_file file = { 0 };
	bool done = authority_file_write(&file, path, data, len, 0644, problems) &&
	    authority_file_put(&file, true, problems);

	authority_file_fini(&file);
	return done ? AUTHORITY_DONE : AUTHORITY_FAILED;
}

static enum authority_result
data_put(const struct ca_options *options, const char *data, size_t len,
    struct problems *problems)
{
	if (options->out != NULL && strcmp(options->out, "-") != 0)
		return file_put(options->out, data, len, problems);
	return fwrite(data, 1, len, stdout) == len ? AUTHORITY_DONE : AUTHORITY_FAILED;
}

int
ca_export(const struct ca_options *options, const struct setup *setup)
{
	const struct authority_format *format = authority_format_by_name(options->format);
	struct problems problems = { 0 };
	enum authority_result result = AUTHORITY_WRONG;
	struct authority *authority;
	char *data;
	size_t len;

	if (format == NULL)
		return format_unknown(options->format);
	authority = authority_load(options->folder, &problems);
	if (authority != NULL) {
		result = AUTHORITY_FAILED;
		data = format->write(authority_root(authority),
		    setup->settings->organisation.name, &len);
		if (data != NULL)
			result = data_put(options, data, len, &problems);
		free(data);
	}
	authority_free(authority);
	return ca_report(result, &problems);
}
