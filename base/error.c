/* SPDX-License-Identifier: Apache-2.0
 *
 * error.c - see error.h.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, enum error_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    err->code = code;
    vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    return code;
}

int err_prefix(struct err *err, const char *format, ...)
{
    char before[ERR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(before, sizeof before - 2, format, arguments);
    va_end(arguments);
    if (len < 0) {
        return err->code;
    }
    size_t used = strlen(before);
    memcpy(before + used, ": ", 3);
    used += 2;
    size_t old = strlen(err->text);
    if (old > sizeof err->text - 1 - used) {
        old = sizeof err->text - 1 - used;
    }
    memmove(err->text + used, err->text, old);
    memcpy(err->text, before, used);
    err->text[used + old] = '\0';
    return err->code;
}
