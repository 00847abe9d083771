/* SPDX-License-Identifier: Apache-2.0
 *
 * state_frames_internal.h - a file of the local store: a header and frames, each of which is on the
 * disk before the next one is begun. Private to the folder.
 *
 * Header: "tocsin-S" version (4) kind (4) generation (8) salt (8) checksum (4) of all before.
 * Frame:  mark (4) length (4) number (8) checksum of the payload (4), of the 20 bytes before (4),
 *         payload. Checksums begin with the file's salt: bytes that a log writer puts into a cell
 *         can't pass for a frame.
 *
 * In:  payloads.   Out: payloads, in their order.
 * Thread: one at a time.   Owns: its descriptor.
 * Invariants: (1) only the last frame can be torn by a crash, since only it may be unsynced: bytes
 *                 behind a damaged frame mean damage, and the file is refused with the place.
 *             (2) frames count from 1 without a gap.
 *             (3) after a failed write or sync the file takes nothing more.
 * Bounds: memory of one frame, <= STATE_FRAME_BYTES.   Tested: tests/property/test_state_local.c.
 */
#ifndef TOCSIN_ANALYZE_STATE_STATE_FRAMES_INTERNAL_H
#define TOCSIN_ANALYZE_STATE_STATE_FRAMES_INTERNAL_H

#include "analyze/state/state_files_internal.h"
#include "analyze/state/state_record_internal.h"

#define STATE_FORMAT       1
#define STATE_FRAME_HEADER 24
#define STATE_FRAME_BYTES  134217728 /* of a payload */

struct state_frames {
    const struct state_files *os;
    char *path;
    int file; /* -1: closed */
    enum state_file_kind kind;
    uint64_t generation;
    uint32_t salt;
    uint64_t frames;
    uint64_t bytes;
};

/* A file beside path, with a header only; frames_publish puts it in path's place. ERR_IO. */
int state_frames_create(struct state_frames *frames, const struct state_files *os, const char *path,
                        struct err *err);
/* Syncs the file, gives it its name and syncs the folder. ERR_IO: it may have the name or not. */
int state_frames_publish(struct state_frames *frames, const char *folder, struct err *err);
void state_frames_close(struct state_frames *frames);

/* Makes room in an empty buffer for the frame's header; the payload is added behind. */
void state_frame_begin(struct buffer *frame);
/* Writes the frame, without sync. ERR_IO. */
int state_frames_append(struct state_frames *frames, struct buffer *frame, struct err *err);
int state_frames_sync(struct state_frames *frames, struct err *err);
/* Takes back what is behind the first bytes, as well as that goes: what a failed write or sync has
 * left would look whole to the next reader, and may be in the system's cache alone. */
void state_frames_take_back(struct state_frames *frames, uint64_t bytes);

/* Opens an existing file. 1: there is none; ERR_DATA: not one of this kind and version; ERR_IO. */
int state_frames_open(struct state_frames *frames, const struct state_files *os, const char *path,
                      struct err *err);
/* Replays all frames into memory. A torn journal is cut behind its last whole frame, with a
 * warning; a snapshot must end with its END. ERR_DATA with the place, ERR_IO. */
int state_frames_replay(struct state_frames *frames, struct state_memory *memory, struct err *err);

#endif
