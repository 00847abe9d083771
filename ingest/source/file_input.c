/* SPDX-License-Identifier: Apache-2.0
 *
 * file_input.c - see file_input.h.
 */
#include "ingest/source/file_input.h"

#include "base/memory.h"
#include "ingest/framing/inflate.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_BYTES 131072
#define PASS_BYTES  33554432 /* inflated and passed over in one call */

static int io_error(const struct file_input *input, int reason, struct err *err)
{
    return err_set(err, ERR_IO, "%s: %s", input->path, strerror(reason));
}

int file_input_open(struct file_input *input, const char *path, struct err *err)
{
    struct stat status;
    *input = (struct file_input){.descriptor = -1, .path = memory_copy_str(str_of(path))};
    input->descriptor =
        strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (input->descriptor < 0 || fstat(input->descriptor, &status) != 0) {
        return io_error(input, errno, err);
    }
    if (S_ISDIR(status.st_mode)) {
        return io_error(input, EISDIR, err);
    }
    input->is_pipe = !S_ISREG(status.st_mode);
    input->device = (uint64_t)status.st_dev;
    input->inode = (uint64_t)status.st_ino;
    input->size = input->is_pipe || status.st_size < 0 ? 0 : (uint64_t)status.st_size;
    input->modified_ns =
        (int64_t)status.st_mtim.tv_sec * 1000000000 + (int64_t)status.st_mtim.tv_nsec;
    posix_fadvise(input->descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    return 0;
}

void file_input_close(struct file_input *input)
{
    if (input->descriptor >= 0) {
        close(input->descriptor);
    }
    inflater_free(input->inflater);
    memory_free(input->raw);
    memory_free(input->path);
    *input = (struct file_input){.descriptor = -1};
}

int file_input_seek(struct file_input *input, uint64_t offset, bool gzip, struct err *err)
{
    if (gzip) {
        input->skip = offset;
        return 0;
    }
    if (lseek(input->descriptor, (off_t)offset, SEEK_SET) < 0) {
        return io_error(input, errno, err);
    }
    input->sniffed = true;
    return 0;
}

/* One read. *len 0: the end, or (a signal) nothing yet. */
static int read_some(struct file_input *input, char *out, size_t capacity, size_t *len,
                     struct err *err)
{
    ssize_t got = read(input->descriptor, out, capacity);
    *len = 0;
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN ? 0 : io_error(input, errno, err);
    }
    *len = (size_t)got;
    input->ended = got == 0;
    input->bytes_read += (uint64_t)got;
    return 0;
}

/* A pipe gives what it holds, which may be less than what is there a moment later. */
static bool is_readable(const struct file_input *input)
{
    struct pollfd look = {.fd = input->descriptor, .events = POLLIN};
    return poll(&look, 1, 0) > 0;
}

static int refill(struct file_input *input, struct err *err)
{
    if (input->raw == NULL) {
        input->raw = memory_new(INPUT_BYTES, 1);
    }
    if (input->raw_at == input->raw_len) {
        input->raw_at = input->raw_len = 0;
    }
    size_t len = 0;
    int failed =
        read_some(input, input->raw + input->raw_len, INPUT_BYTES - input->raw_len, &len, err);
    input->raw_len += len;
    return failed;
}

/* Reads until two bytes are there or the input has ended. */
static int sniff(struct file_input *input, struct err *err)
{
    int failed = 0;
    while (failed == 0 && !input->ended && input->raw_len < 2) {
        size_t before = input->raw_len;
        failed = refill(input, err);
        if (failed == 0 && input->raw_len == before && !input->ended) {
            return 0; /* interrupted */
        }
    }
    input->sniffed = true;
    input->gzip = inflate_is_gzip((struct str){input->raw, input->raw_len});
    if (input->gzip) {
        input->inflater = inflater_new();
        input->ended = false;
    }
    return failed;
}

static int read_gzip(struct file_input *input, char *out, size_t capacity, size_t *len,
                     enum record_fault *fault, struct err *err)
{
    bool stored_end = false;
    while (*len < capacity && *fault == RECORD_FAULT_NONE && !stored_end) {
        if (input->raw_at == input->raw_len) {
            int failed = refill(input, err);
            if (failed != 0) {
                return failed;
            }
            stored_end = input->ended;
            if (stored_end && input->waits && inflater_in_member(input->inflater)) {
                input->ended = false;
                return 0; /* it is still being written */
            }
            if (input->raw_len == 0 && !stored_end) {
                return 0; /* interrupted */
            }
        }
        struct str raw = {input->raw + input->raw_at, input->raw_len - input->raw_at};
        *len += inflater_run(input->inflater, &raw, stored_end, out + *len, capacity - *len, fault);
        input->raw_at = input->raw_len - raw.len;
    }
    /* A full out says nothing: more may be left in zlib. */
    input->ended = (stored_end && *len < capacity) || *fault != RECORD_FAULT_NONE;
    return 0;
}

/* The same, behind what is to be passed over. *len 0: nothing yet, also when so much was passed
 * over that somebody else should have a turn. */
static int read_gzip_behind(struct file_input *input, char *out, size_t capacity, size_t *len,
                            enum record_fault *fault, struct err *err)
{
    uint64_t passed = 0;
    uint64_t cut = 0;
    int failed = 0;
    do {
        *len = 0;
        failed = read_gzip(input, out, capacity, len, fault, err);
        cut = input->skip < *len ? input->skip : *len;
        input->skip -= cut;
        passed += cut;
        *len -= (size_t)cut;
        memmove(out, out + cut, *len);
    } while (failed == 0 && *len == 0 && cut > 0 && passed < PASS_BYTES && !input->ended);
    return failed;
}

int file_input_read(struct file_input *input, char *out, size_t capacity, size_t *len,
                    enum record_fault *fault, struct err *err)
{
    *len = 0;
    *fault = RECORD_FAULT_NONE;
    if (!input->sniffed) {
        int failed = sniff(input, err);
        if (failed != 0 || !input->sniffed) {
            return failed;
        }
        if (input->skip > 0 && !input->gzip) {
            input->skip = 0;
            return err_set(err, ERR_IO, "%s: was a gzip file and is another one now", input->path);
        }
    }
    if (input->gzip) {
        return read_gzip_behind(input, out, capacity, len, fault, err);
    }
    size_t ready = input->raw_len - input->raw_at;
    if (ready > 0) {
        *len = ready < capacity ? ready : capacity;
        memcpy(out, input->raw + input->raw_at, *len);
        input->raw_at += *len;
        if (input->is_pipe) {
            input->ended = false;
            return 0;
        }
    }
    input->ended = false;
    while (*len < capacity && !input->ended) {
        size_t got = 0;
        int failed = read_some(input, out + *len, capacity - *len, &got, err);
        if (failed != 0) {
            return failed;
        }
        *len += got;
        if (got == 0 || (input->is_pipe && !is_readable(input))) {
            break;
        }
    }
    return 0;
}
