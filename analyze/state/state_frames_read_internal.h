/* SPDX-License-Identifier: Apache-2.0
 *
 * state_frames_read_internal.h - what writing and reading frames share. Private to the folder.
 *
 * Thread: any.   Owns: nothing.
 */
#ifndef TOCSIN_ANALYZE_STATE_STATE_FRAMES_READ_INTERNAL_H
#define TOCSIN_ANALYZE_STATE_STATE_FRAMES_READ_INTERNAL_H

#include "analyze/state/state_frames_internal.h"

#define STATE_HEADER_BYTES 36
#define STATE_FRAME_MARK   0x9D6D46F3U

/* The header of frames' file. */
void state_header_put(struct buffer *out, const struct state_frames *frames);

#endif
