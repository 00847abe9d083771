/* SPDX-License-Identifier: Apache-2.0
 *
 * file_tracks.h - what is known of the file behind each stream, from its first bytes to its end,
 * and the places that follow from it as chunks are delivered.
 *
 * In:  inputs as they are opened, read and ended; delivered chunks.   Out: notes in file_places.
 * Thread: the reader, which delivers, too.   Owns: one track a stream, at the stream's id.
 * Invariants: (1) a place is noted only for what was delivered.
 *             (2) a file that could not be read to its end is never noted as done.
 * All functions take NULL: no places are kept.
 * Bounds: O(1) a call.   Tested: tests/unit/test_source_places.c, test_source_file.c.
 */
#ifndef TOCSIN_INGEST_SOURCE_FILE_TRACKS_H
#define TOCSIN_INGEST_SOURCE_FILE_TRACKS_H

#include "ingest/source/file_input.h"
#include "ingest/source/file_places.h"

struct file_tracks;

/* gzip: such files have places, too. */
struct file_tracks *file_tracks_new(struct file_places *places, bool gzip);
void file_tracks_free(struct file_tracks *tracks);

/* The stream of an input that was opened; every stream of the source, in their order. place: where
 * it goes on, or NULL. */
void file_tracks_add(struct file_tracks *tracks, const struct file_input *input,
                     const struct file_place *place);
/* Reading begins at offset, with what is written from now on: noted at once. */
void file_tracks_skip_to(struct file_tracks *tracks, const struct file_input *input,
                         uint64_t offset);
/* So many bytes of the file, as stored, were read. */
void file_tracks_read(struct file_tracks *tracks, const struct file_input *input, uint64_t bytes);
/* The input is at its end. */
void file_tracks_end(struct file_tracks *tracks, const struct file_input *input);
/* It could not be read on. */
void file_tracks_fail(struct file_tracks *tracks, const struct file_input *input);
/* It was cut, and has no place any more. */
void file_tracks_cut(struct file_tracks *tracks, const struct file_input *input);
/* True when a place was noted. */
bool file_tracks_deliver(struct file_tracks *tracks, const struct chunk *chunk);

#endif
