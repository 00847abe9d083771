/* SPDX-License-Identifier: Apache-2.0
 *
 * state_frames_read.c - see state_frames_internal.h: reading, and telling a torn end from damage.
 */
#include "analyze/state/state_frames_read_internal.h"

#include "base/log.h"
#include "base/memory.h"
#include "ingest/framing/checksum.h"

#include <errno.h>

#define MAGIC       STR("tocsin-S")
#define READ_BYTES  262144
#define NUMBER_NONE UINT64_MAX

void state_header_put(struct buffer *out, const struct state_frames *frames)
{
    buffer_add(out, MAGIC);
    state_bytes_put(out, STATE_FORMAT, 4);
    state_bytes_put(out, frames->kind, 4);
    state_bytes_put(out, frames->generation, 8);
    state_bytes_put(out, frames->salt, 8);
    state_bytes_put(out, checksum_add(0, buffer_str(out)), 4);
}

/* A window of the file: the bytes from offset on that were read. */
struct window_of_file {
    struct state_frames *frames;
    struct buffer bytes;
    size_t begin; /* in bytes; what is before was taken */
    uint64_t offset;
    bool ended;
};

static struct str in_window(const struct window_of_file *window)
{
    return str_slice(buffer_str(&window->bytes), window->begin, SIZE_MAX);
}

static void skip(struct window_of_file *window, size_t len)
{
    window->begin += len;
    window->offset += len;
}

/* Reads until want bytes are there or the file ends. ERR_IO. */
static int fill(struct window_of_file *window, size_t want, struct err *err)
{
    const struct state_files *os = window->frames->os;
    if (window->begin > 0 && in_window(window).len < want) {
        struct str rest = in_window(window);
        if (rest.len > 0) {
            memmove(window->bytes.ptr, rest.ptr, rest.len);
        }
        window->bytes.len = rest.len;
        window->begin = 0;
    }
    while (!window->ended && in_window(window).len < want) {
        size_t room = want > READ_BYTES ? want : READ_BYTES;
        char *at = buffer_reserve(&window->bytes, room);
        ssize_t got = os->read(os->context, window->frames->file, at, room);
        if (got < 0 && errno != EINTR) {
            return err_set(err, ERR_IO, "%s: can't be read: %s", window->frames->path,
                           strerror(errno));
        }
        window->ended = got == 0;
        window->bytes.len += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

static int check_header(struct state_frames *frames, struct str header, struct err *err)
{
    static const char *const names[] = {"", "journal", "snapshot"};
    if (header.len < 16 || !str_starts_with(header, MAGIC)) {
        return err_set(err, ERR_DATA,
                       "%s: not a file of tocsin's state; give the store a folder "
                       "of its own",
                       frames->path);
    }
    uint64_t format = state_bytes_get(header.ptr + 8, 4);
    if (format > STATE_FORMAT) {
        return err_set(err, ERR_DATA,
                       "%s: written by a newer tocsin (format %llu, this one reads %d); run that "
                       "version",
                       frames->path, (unsigned long long)format, STATE_FORMAT);
    }
    if (header.len < STATE_HEADER_BYTES || format != STATE_FORMAT ||
        checksum_add(0, str_slice(header, 0, STATE_HEADER_BYTES - 4)) !=
            state_bytes_get(header.ptr + STATE_HEADER_BYTES - 4, 4)) {
        return err_set(err, ERR_DATA, "%s: byte 0: the header is damaged", frames->path);
    }
    if (state_bytes_get(header.ptr + 12, 4) != (uint64_t)frames->kind) {
        return err_set(err, ERR_DATA, "%s: not a %s", frames->path, names[frames->kind]);
    }
    frames->generation = state_bytes_get(header.ptr + 16, 8);
    frames->salt = (uint32_t)state_bytes_get(header.ptr + 24, 8);
    return 0;
}

int state_frames_open(struct state_frames *frames, const struct state_files *os, const char *path,
                      struct err *err)
{
    char header[STATE_HEADER_BYTES];
    size_t len = 0;
    ssize_t got = 1;
    frames->os = os;
    frames->file = os->open(os->context, path, STATE_OPEN_THERE);
    if (frames->file < 0) {
        return errno == ENOENT
                   ? 1
                   : err_set(err, ERR_IO, "%s: can't be opened: %s", path, strerror(errno));
    }
    frames->path = memory_copy_str(str_of(path));
    while (len < sizeof header && got != 0) {
        got = os->read(os->context, frames->file, header + len, sizeof header - len);
        if (got < 0 && errno != EINTR) {
            return err_set(err, ERR_IO, "%s: can't be read: %s", path, strerror(errno));
        }
        len += got > 0 ? (size_t)got : 0;
    }
    frames->frames = 0;
    frames->bytes = len;
    return check_header(frames, (struct str){header, len}, err);
}

/* The number in a frame's header; NUMBER_NONE when it is not a whole header of this file. */
static uint64_t frame_number(const struct state_frames *frames, struct str header)
{
    return header.len >= STATE_FRAME_HEADER && state_bytes_get(header.ptr, 4) == STATE_FRAME_MARK &&
                   state_bytes_get(header.ptr + 4, 4) <= STATE_FRAME_BYTES &&
                   state_bytes_get(header.ptr + 20, 4) ==
                       checksum_add(frames->salt, str_slice(header, 0, 20))
               ? state_bytes_get(header.ptr + 8, 8)
               : NUMBER_NONE;
}

/* Takes bytes up to the next frame's header, or all. 1: there is one. */
static int find_frame(struct window_of_file *window, struct err *err)
{
    for (;;) {
        int failed = fill(window, STATE_FRAME_HEADER, err);
        struct str bytes = in_window(window);
        if (failed != 0 || bytes.len < STATE_FRAME_HEADER) {
            return failed;
        }
        for (size_t i = 0; i + STATE_FRAME_HEADER <= bytes.len; i++) {
            if (frame_number(window->frames, str_slice(bytes, i, STATE_FRAME_HEADER)) !=
                NUMBER_NONE) {
                return 1;
            }
        }
        skip(window, bytes.len - STATE_FRAME_HEADER + 1);
    }
}

static int tell_damage(const struct state_frames *frames, const char *what, struct err *err)
{
    return err_set(err, ERR_DATA,
                   "%s: byte %llu: damaged: %s. Restore the folder from a copy, or move it away "
                   "to begin anew from the log",
                   frames->path, (unsigned long long)frames->bytes, what);
}

enum frame_found { FRAME_WHOLE, FRAME_NONE, FRAME_TORN };

/* Looks at what is at the window's begin. Damage is an error. */
static int find_whole(struct window_of_file *window, enum frame_found *found, struct err *err)
{
    struct state_frames *frames = window->frames;
    int failed = fill(window, STATE_FRAME_HEADER, err);
    struct str bytes = in_window(window);
    uint64_t number = frame_number(frames, bytes);
    if (failed != 0 || bytes.len == 0) {
        *found = FRAME_NONE;
        return failed;
    }
    *found = FRAME_TORN;
    if (number == NUMBER_NONE) {
        int behind = find_frame(window, err);
        return behind == 1 ? tell_damage(frames, "there are whole frames behind it", err) : behind;
    }
    if (number != frames->frames + 1) {
        return tell_damage(frames, "a frame is missing before it", err);
    }
    size_t len = (size_t)state_bytes_get(bytes.ptr + 4, 4);
    failed = fill(window, STATE_FRAME_HEADER + len + 1, err);
    bytes = in_window(window);
    struct str payload = str_slice(bytes, STATE_FRAME_HEADER, len);
    if (failed != 0 || payload.len < len) {
        return failed;
    }
    if (checksum_add(frames->salt, payload) != state_bytes_get(bytes.ptr + 16, 4)) {
        return bytes.len > STATE_FRAME_HEADER + len
                   ? tell_damage(frames, "its checksum is wrong, and it is not the last frame", err)
                   : 0;
    }
    *found = FRAME_WHOLE;
    return 0;
}

static int cut_torn(struct state_frames *frames, uint64_t end, struct err *err)
{
    const struct state_files *os = frames->os;
    log_write(LOG_WARNING, "analyze/state",
              "%s: byte %llu: the last commit was torn by a crash and had not been answered: "
              "%llu bytes are cut off",
              frames->path, (unsigned long long)frames->bytes,
              (unsigned long long)(end - frames->bytes));
    if (os->truncate(os->context, frames->file, frames->bytes) != 0 ||
        os->sync(os->context, frames->file) != 0) {
        return err_set(err, ERR_IO, "%s: the torn end can't be cut off: %s", frames->path,
                       strerror(errno));
    }
    return 0;
}

/* Takes the rest of the file, to learn where it ends. */
static int find_end(struct window_of_file *window, uint64_t *end, struct err *err)
{
    int failed = 0;
    while (failed == 0 && (!window->ended || in_window(window).len > 0)) {
        skip(window, in_window(window).len);
        failed = fill(window, 1, err);
    }
    *end = window->offset;
    return failed;
}

static int replay_all(struct window_of_file *window, struct state_memory *memory, bool *ended,
                      enum frame_found *found, struct err *err)
{
    struct state_frames *frames = window->frames;
    int failed = find_whole(window, found, err);
    while (failed == 0 && *found == FRAME_WHOLE) {
        struct str header = in_window(window);
        size_t len = (size_t)state_bytes_get(header.ptr + 4, 4);
        struct str payload = str_slice(header, STATE_FRAME_HEADER, len);
        failed = state_record_replay(memory, payload, frames->kind, ended, err);
        if (failed != 0) {
            return err_prefix(err, "%s: byte %llu", frames->path,
                              (unsigned long long)frames->bytes);
        }
        skip(window, STATE_FRAME_HEADER + len);
        frames->bytes = window->offset;
        frames->frames++;
        failed = find_whole(window, found, err);
    }
    return failed;
}

int state_frames_replay(struct state_frames *frames, struct state_memory *memory, struct err *err)
{
    struct window_of_file window = {.frames = frames, .offset = frames->bytes};
    enum frame_found found = FRAME_NONE;
    bool ended = false;
    uint64_t end = 0;
    int failed = replay_all(&window, memory, &ended, &found, err);
    if (failed == 0 && frames->kind == STATE_FILE_SNAPSHOT && !ended) {
        failed = tell_damage(frames, "the snapshot is not whole", err);
    } else if (failed == 0 && found == FRAME_TORN && frames->kind == STATE_FILE_SNAPSHOT) {
        failed = tell_damage(frames, "there are bytes behind the snapshot's end", err);
    } else if (failed == 0 && found == FRAME_TORN) {
        failed = find_end(&window, &end, err);
        failed = failed != 0 ? failed : cut_torn(frames, end, err);
    }
    buffer_release(&window.bytes);
    return failed;
}
