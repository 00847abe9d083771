/* SPDX-License-Identifier: Apache-2.0
 *
 * file_places.h - how far files were delivered: a set of places, found by file and by name.
 *
 * In:  what the file source notes, or texts that it gave out before a restart.
 * Out: where an open file goes on; the text of all places that were noted under a name.
 * Thread: one at a time.   Owns: its entries.
 * Invariants: (1) a place counts only for the file that was made at the same time, while its first
 *                 bytes are the same and it is not shorter: an inode that was given to another file
 *                 is read from its beginning.
 *             (2) one file has one place, under the name that it had last. Texts that were written
 *                 at different times may tell several; the farthest one that fits is taken.
 * Bounds: O(1) a call and place; those under one name are walked.   Tested: tests/unit/
 *         test_source_places.c, test_source_file.c, tests/fuzz/fuzz_file_places.c.
 */
#ifndef TOCSIN_INGEST_SOURCE_FILE_PLACES_H
#define TOCSIN_INGEST_SOURCE_FILE_PLACES_H

#include "base/buffer.h"
#include "ingest/record/record.h"

#include <stdbool.h>
#include <stdint.h>

#define FILE_PLACE_HEAD_BYTES 256

struct file_place {
    uint64_t device;
    uint64_t inode;
    uint64_t born_ns;        /* when it was made; 0: not known, as on NFS */
    uint64_t offset;         /* of inflated bytes, if it is gzip */
    uint64_t head_len;       /* how many of the first bytes head_hash covers */
    uint64_t head_hash;      /* of the bytes as stored */
    struct framer_mark mark; /* how it is cut from offset on; zero: by what stands there */
    uint64_t end_size;       /* done: its size then, as stored */
    bool gzip;
    bool done; /* read to its end */
};

struct file_key {
    uint64_t device;
    uint64_t inode;
};

struct file_places;

struct file_found {
    const struct file_place *place; /* NULL: none */
    struct str name;                /* under which it was noted last; lives as long as the set */
    bool other; /* there is a place of this file, but of other first bytes or beyond its end */
};

struct file_places *file_places_new(void);
void file_places_free(struct file_places *places);

/* When an open file was made; 0: not known. */
uint64_t file_place_born(int descriptor);
/* Hashes the first bytes of an open file, at most len. */
void file_place_hash_head(struct file_place *place, int descriptor, uint64_t len);

/* The place of an open file. */
struct file_found file_places_find(const struct file_places *places, uint64_t device,
                                   uint64_t inode, int descriptor);
/* Notes the file's place in the stead of all others it had. */
void file_places_note(struct file_places *places, struct str name, const struct file_place *place);
/* The file has no place any more. */
void file_places_forget(struct file_places *places, uint64_t device, uint64_t inode);

/* How many places are under name. */
uint32_t file_places_count(const struct file_places *places, struct str name);
/* The places under name, one a line, without a last LF; nothing when there are none. */
void file_places_describe(const struct file_places *places, struct str name, struct buffer *out);
/* Adds what file_places_describe gave. False, and nothing is added: it did not give that. */
bool file_places_add(struct file_places *places, struct str name, struct str text);

/* All places, in no order: index from 0 until NULL. name may be NULL. */
const struct file_place *file_places_at(const struct file_places *places, uint32_t *index,
                                        struct str *name);

#endif
