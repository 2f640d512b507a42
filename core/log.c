/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log.h"

#include <stdarg.h>
#include <stdio.h>

static enum log_level log_level = LOG_LEVEL_WARN;

void
log_level_set(enum log_level level)
{
	log_level = level;
}

__attribute__((format(printf, 3, 0)))
static void
log_write(enum log_level level, const char *part, const char *format, va_list args)
{
	if (level > log_level)
		return;
	fprintf(stderr, "bookgate %s: ", part);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

/* One function a level: the level is in the name where it is called. */
#define LOG_FUNCTION(name, level)			\
	void						\
	name(const char *part, const char *format, ...)	\
	{						\
		va_list args;				\
							\
		va_start(args, format);			\
		log_write(level, part, format, args);	\
		va_end(args);				\
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
