/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages for the person who runs the program, on standard error. The first
 * argument names the part that speaks ("rules", "replay"). No message ever
 * holds bytes of the traffic.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO };

/* Messages above this level are dropped. The default is LOG_LEVEL_WARN. */
void log_level_set(enum log_level level);

#define LOG_PRINTF __attribute__((format(printf, 2, 3)))
void log_error(const char *part, const char *format, ...) LOG_PRINTF;
void log_warn(const char *part, const char *format, ...) LOG_PRINTF;
void log_info(const char *part, const char *format, ...) LOG_PRINTF;

#endif
