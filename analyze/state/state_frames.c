/* SPDX-License-Identifier: Apache-2.0
 *
 * state_frames.c - see state_frames_internal.h: writing. state_frames_read.c reads.
 */
#include "analyze/state/state_frames_read_internal.h"

#include "base/clock.h"
#include "base/ensure.h"
#include "base/hash.h"
#include "base/memory.h"
#include "ingest/framing/checksum.h"

#include <errno.h>
#include <sys/random.h>

static int tell_errno(const struct state_frames *frames, const char *what, struct err *err)
{
    return err_set(err, ERR_IO, "%s: can't be %s: %s", frames->path, what, strerror(errno));
}

static int write_all(struct state_frames *frames, struct str bytes, struct err *err)
{
    frames->bytes += bytes.len;
    while (bytes.len > 0) {
        ssize_t wrote = frames->os->write(frames->os->context, frames->file, bytes.ptr, bytes.len);
        if (wrote < 0 && errno != EINTR) {
            return tell_errno(frames, "written", err);
        }
        bytes = str_slice(bytes, wrote > 0 ? (size_t)wrote : 0, bytes.len);
    }
    return 0;
}

static uint32_t draw_salt(void)
{
    uint32_t salt = 0;
    if (getrandom(&salt, sizeof salt, 0) != sizeof salt) {
        salt = (uint32_t)hash_mix((uint64_t)clock_now_ns(), (uint64_t)clock_monotonic_ns());
    }
    return salt;
}

int state_frames_create(struct state_frames *frames, const struct state_files *os, const char *path,
                        struct err *err)
{
    struct buffer name = {0};
    struct buffer header = {0};
    frames->os = os;
    frames->path = memory_copy_str(str_of(path));
    frames->salt = draw_salt();
    frames->frames = 0;
    frames->bytes = 0;
    buffer_printf(&name, "%s.new", path);
    buffer_add_byte(&name, '\0');
    frames->file = os->open(os->context, name.ptr, STATE_OPEN_EMPTY);
    int failed = frames->file < 0 ? tell_errno(frames, "made", err) : 0;
    state_header_put(&header, frames);
    failed = failed != 0 ? failed : write_all(frames, buffer_str(&header), err);
    buffer_release(&name);
    buffer_release(&header);
    if (failed != 0) {
        state_frames_close(frames);
    }
    return failed;
}

int state_frames_publish(struct state_frames *frames, const char *folder, struct err *err)
{
    const struct state_files *os = frames->os;
    struct buffer name = {0};
    int failed = state_frames_sync(frames, err);
    buffer_printf(&name, "%s.new", frames->path);
    buffer_add_byte(&name, '\0');
    if (failed == 0 && os->rename(os->context, name.ptr, frames->path) != 0) {
        failed = tell_errno(frames, "named", err);
    }
    if (failed == 0 && os->folder_sync(os->context, folder) != 0) {
        failed =
            err_set(err, ERR_IO, "%s: the folder can't be synced: %s", folder, strerror(errno));
    }
    buffer_release(&name);
    return failed;
}

void state_frames_close(struct state_frames *frames)
{
    if (frames->file >= 0) {
        frames->os->close(frames->os->context, frames->file);
    }
    memory_free(frames->path);
    frames->path = NULL;
    frames->file = -1;
}

void state_frame_begin(struct buffer *frame)
{
    static const char room[STATE_FRAME_HEADER];
    buffer_clear(frame);
    buffer_add(frame, (struct str){room, sizeof room});
}

int state_frames_append(struct state_frames *frames, struct buffer *frame, struct err *err)
{
    ENSURE(frame->len > STATE_FRAME_HEADER);
    ENSURE(frame->len <= STATE_FRAME_HEADER + (size_t)STATE_FRAME_BYTES);
    struct buffer header = {0};
    struct str payload = str_slice(buffer_str(frame), STATE_FRAME_HEADER, frame->len);
    frames->frames++;
    state_bytes_put(&header, STATE_FRAME_MARK, 4);
    state_bytes_put(&header, payload.len, 4);
    state_bytes_put(&header, frames->frames, 8);
    state_bytes_put(&header, checksum_add(frames->salt, payload), 4);
    state_bytes_put(&header, checksum_add(frames->salt, buffer_str(&header)), 4);
    memcpy(frame->ptr, header.ptr, STATE_FRAME_HEADER);
    buffer_release(&header);
    return write_all(frames, buffer_str(frame), err);
}

int state_frames_sync(struct state_frames *frames, struct err *err)
{
    return frames->os->sync(frames->os->context, frames->file) != 0
               ? tell_errno(frames, "synced to the disk", err)
               : 0;
}

void state_frames_take_back(struct state_frames *frames, uint64_t bytes)
{
    const struct state_files *os = frames->os;
    if (os->truncate(os->context, frames->file, bytes) == 0) {
        (void)os->sync(os->context, frames->file);
    }
}
