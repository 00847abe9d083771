/* SPDX-License-Identifier: Apache-2.0
 *
 * log.c - see log.h.
 */
#include "base/log.h"

#include "base/buffer.h"
#include "base/clock.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static const char *const level_names[LOG_LEVELS] = {"debug", "info", "warning", "error"};
static const char *const level_labels[LOG_LEVELS] = {"DEBUG", "INFO", "WARNING", "ERROR"};
static _Atomic int level_min = LOG_INFO;

void log_level_set(enum log_level level)
{
    atomic_store(&level_min, (int)level);
}

enum log_level log_level_get(void)
{
    return (enum log_level)atomic_load(&level_min);
}

enum log_level log_level_named(const char *name)
{
    int level = 0;
    while (level < LOG_LEVELS && strcmp(level_names[level], name) != 0) {
        level++;
    }
    return (enum log_level)level;
}

void log_write(enum log_level level, const char *where, const char *format, ...)
{
    if ((int)level < atomic_load(&level_min)) {
        return;
    }
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct buffer line = {0};
    buffer_add_time(&line, clock_now_ns() / 1000000 * 1000000);
    buffer_printf(&line, " %s %s: ", level_labels[level], where);
    buffer_add_printable(&line, str_of(text));
    buffer_add_byte(&line, '\n');
    ssize_t written = write(STDERR_FILENO, line.ptr, line.len);
    (void)written; /* there is no place left to complain to */
    buffer_release(&line);
}
