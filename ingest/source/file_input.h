/* SPDX-License-Identifier: Apache-2.0
 *
 * file_input.h - one open file: plain or gzip, told by its first bytes, read in order.
 *
 * In:  a path, or - for standard input.   Out: its (inflated) bytes.
 * Thread: the reader.   Owns: the descriptor and, for gzip, the decoder.
 * Invariants: (1) bytes come in order; after `ended` none come (but for a followed plain file).
 *             (2) a followed gzip file has ended when its last member is whole.
 * Bounds: one read buffer of INPUT_BYTES a file that is open.
 */
#ifndef TOCSIN_INGEST_SOURCE_FILE_INPUT_H
#define TOCSIN_INGEST_SOURCE_FILE_INPUT_H

#include "base/error.h"
#include "ingest/record/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file_input {
    char *path;
    struct stream *stream;
    int descriptor;
    bool is_pipe; /* may give less than asked for without being at its end */
    bool waits;   /* followed: more may be written */
    bool sniffed;
    bool gzip;
    bool ended;
    uint64_t device;
    uint64_t inode;
    uint64_t size; /* when it was opened */
    int64_t modified_ns;
    uint64_t bytes_read; /* as stored */
    uint64_t skip;       /* gzip: inflated bytes that are still to be passed over */
    struct inflater *inflater;
    char *raw;
    size_t raw_at;
    size_t raw_len;
};

/* Opens path. 0 or ERR_IO. *input is released with file_input_close, also after a failure. */
int file_input_open(struct file_input *input, const char *path, struct err *err);
void file_input_close(struct file_input *input);

/* Reads at most capacity bytes into out; *len gets how many, 0 at the end or when nothing is there
 * yet. Sets ended at the end. *fault: RECORD_FAULT_GZIP when the rest can't be inflated. ERR_IO. */
int file_input_read(struct file_input *input, char *out, size_t capacity, size_t *len,
                    enum record_fault *fault, struct err *err);

/* Goes to a byte offset of a file that was not read yet; in a gzip file it is that of inflated
 * bytes, and all that is before it is inflated and passed over when it is read. ERR_IO. */
int file_input_seek(struct file_input *input, uint64_t offset, bool gzip, struct err *err);

#endif
