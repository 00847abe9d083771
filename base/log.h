/* SPDX-License-Identifier: Apache-2.0
 *
 * log.h - what the program says about itself, on standard error: one line a call.
 *
 * 2026-01-02T03:04:05.678Z WARNING ingest/source: topic cloudtrail has no partition yet
 * Bytes that came from outside pass through buffer_add_printable, so that a log line can not be
 * forged by data. The same failure is not logged twice: who handles an err logs it.
 * Thread: any (one write call a line).   Owns: nothing.
 */
#ifndef TOCSIN_BASE_LOG_H
#define TOCSIN_BASE_LOG_H

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR, LOG_LEVELS };

/* Messages below level are not written. The default is LOG_INFO. */
void log_level_set(enum log_level level);
enum log_level log_level_get(void);
/* The level of that name ("debug", "info", "warning", "error"), or LOG_LEVELS. */
enum log_level log_level_named(const char *name);

/* where: the module, such as "ingest/source". Control characters in the text are escaped. */
void log_write(enum log_level level, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
