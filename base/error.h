/* SPDX-License-Identifier: Apache-2.0
 *
 * error.h - what is said when the world fails: a code for the caller, a sentence for the reader.
 *
 * A function that can fail returns int (0 or a negative enum error_code) and takes a struct err *
 * as its last argument. The sentence names the file, line, topic or host and what to do about it.
 * Thread: one at a time.   Owns: nothing (the text is inside).
 */
#ifndef TOCSIN_BASE_ERROR_H
#define TOCSIN_BASE_ERROR_H

enum error_code {
    ERR_NONE = 0,
    ERR_USAGE = -1,   /* a wrong command line */
    ERR_CONFIG = -2,  /* a wrong configuration, rule or list file */
    ERR_IO = -3,      /* a file or directory */
    ERR_KAFKA = -4,   /* a broker */
    ERR_REDIS = -5,   /* a Redis server */
    ERR_DATA = -6,    /* bytes that are not in the form promised, outside the pipeline */
    ERR_STOPPED = -7, /* a signal asked to stop */
    ERR_INTERNAL = -8 /* a library refused what it should not */
};

#define ERR_TEXT_MAX 1024

struct err {
    int code;
    char text[ERR_TEXT_MAX];
};

/* Sets code and text (cut at ERR_TEXT_MAX); returns code, so that a caller can return it on. */
int err_set(struct err *err, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "what: " before the text that is there; returns the code that is there. */
int err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
