/* SPDX-License-Identifier: Apache-2.0
 *
 * inflate.c - see inflate.h: streams. What bounds the reading of CloudTrail's files is inflating
 * them, so they are by a decoder of our own (deflate.h); its judge is zlib, in the tests.
 */
#include "ingest/framing/inflate.h"

#include "base/memory.h"
#include "ingest/framing/checksum.h"
#include "ingest/framing/deflate.h"

/* The flags of a member's header, and those that RFC 1952 does not define. */
#define FLAG_CHECK    2
#define FLAG_EXTRA    4
#define FLAG_NAME     8
#define FLAG_COMMENT  16
#define FLAGS_UNKNOWN 0xE0

/* Where in a member the input is. */
enum part {
    PART_FIXED, /* of the header: 10 bytes */
    PART_EXTRA_SIZE,
    PART_EXTRA,
    PART_NAME,
    PART_COMMENT,
    PART_CHECK, /* of the header */
    PART_DATA,
    PART_TRAILER /* checksum and size of the data */
};

enum run { RUN_ON, RUN_HUNGRY, RUN_DAMAGED };

struct inflater {
    struct deflate *deflate;
    enum part part;
    uint32_t at;  /* bytes of the part that were read */
    uint64_t sum; /* of the last 8 bytes of the part */
    unsigned char flags;
    uint32_t extra_left;
    uint32_t header_check;
    uint32_t check; /* of the data so far */
    uint32_t size;
    bool in_member;
    bool failed;
};

bool inflate_is_gzip(struct str bytes)
{
    return bytes.len >= 2 && (unsigned char)bytes.ptr[0] == 0x1F &&
           (unsigned char)bytes.ptr[1] == 0x8B;
}

struct inflater *inflater_new(void)
{
    struct inflater *inflater = memory_new(1, sizeof *inflater);
    inflater->deflate = deflate_new();
    return inflater;
}

void inflater_free(struct inflater *inflater)
{
    if (inflater != NULL) {
        deflate_free(inflater->deflate);
        memory_free(inflater);
    }
}

static void begin_part(struct inflater *inflater, enum part part)
{
    inflater->part = part;
    inflater->at = 0;
    inflater->sum = 0;
}

static void begin_member(struct inflater *inflater)
{
    deflate_begin(inflater->deflate);
    begin_part(inflater, PART_FIXED);
    inflater->in_member = true;
    inflater->header_check = 0;
    inflater->check = 0;
    inflater->size = 0;
}

/* Goes to the first part from `part` on that the header's flags announce. */
static void next_part(struct inflater *inflater, enum part part)
{
    static const struct {
        enum part part;
        unsigned char flag;
    } parts[] = {{PART_EXTRA_SIZE, FLAG_EXTRA},
                 {PART_NAME, FLAG_NAME},
                 {PART_COMMENT, FLAG_COMMENT},
                 {PART_CHECK, FLAG_CHECK}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].part >= part && (inflater->flags & parts[i].flag) != 0) {
            begin_part(inflater, parts[i].part);
            return;
        }
    }
    begin_part(inflater, PART_DATA);
}

/* byte number at of the 10. False: this is no gzip that RFC 1952 knows. */
static bool take_fixed(struct inflater *inflater, unsigned char byte)
{
    static const unsigned char begins[] = {0x1F, 0x8B, 8};
    if (inflater->at < 3) {
        return byte == begins[inflater->at];
    }
    if (inflater->at == 3) {
        inflater->flags = byte;
        return (byte & FLAGS_UNKNOWN) == 0;
    }
    return true;
}

/* One byte of anything but the data. False: it is wrong. */
static bool take_byte(struct inflater *inflater, unsigned char byte)
{
    bool good = inflater->part != PART_FIXED || take_fixed(inflater, byte);
    uint32_t expected = inflater->header_check & 0xFFFF;
    if (inflater->part < PART_CHECK) {
        struct str one = {(const char *)&byte, 1};
        inflater->header_check = checksum_add(inflater->header_check, one);
    }
    inflater->at++;
    inflater->sum = inflater->sum >> 8 | (uint64_t)byte << 56;
    if (inflater->part == PART_FIXED && inflater->at == 10) {
        next_part(inflater, PART_EXTRA_SIZE);
    } else if (inflater->part == PART_EXTRA_SIZE && inflater->at == 2) {
        inflater->extra_left = (uint32_t)(inflater->sum >> 48);
        begin_part(inflater, PART_EXTRA);
    } else if ((inflater->part == PART_NAME || inflater->part == PART_COMMENT) && byte == 0) {
        next_part(inflater, inflater->part + 1);
    } else if (inflater->part == PART_CHECK && inflater->at == 2) {
        good = inflater->sum >> 48 == expected;
        begin_part(inflater, PART_DATA);
    } else if (inflater->part == PART_TRAILER && inflater->at == 8) {
        good = (uint32_t)inflater->sum == inflater->check &&
               (uint32_t)(inflater->sum >> 32) == inflater->size;
        inflater->in_member = false;
    }
    if (inflater->part == PART_EXTRA && inflater->at == inflater->extra_left) {
        next_part(inflater, PART_NAME);
    }
    return good;
}

/* One step of a member. */
static enum run run_part(struct inflater *inflater, struct str *input, char *out, size_t capacity,
                         size_t *written)
{
    unsigned char byte = 0;
    *written = 0;
    if (inflater->part != PART_DATA) {
        if (!deflate_next_byte(inflater->deflate, input, &byte)) {
            return RUN_HUNGRY;
        }
        return take_byte(inflater, byte) ? RUN_ON : RUN_DAMAGED;
    }
    enum deflate_result result = deflate_run(inflater->deflate, input, out, capacity, written);
    inflater->check = checksum_add(inflater->check, (struct str){out, *written});
    inflater->size += (uint32_t)*written;
    if (result == DEFLATE_END) {
        begin_part(inflater, PART_TRAILER);
    } else if (result != DEFLATE_FULL) {
        return result == DEFLATE_HUNGRY ? RUN_HUNGRY : RUN_DAMAGED;
    }
    return RUN_ON;
}

size_t inflater_run(struct inflater *inflater, struct str *input, bool ended, char *out,
                    size_t capacity, enum record_fault *fault)
{
    enum run run = RUN_ON;
    size_t written = 0;
    *fault = RECORD_FAULT_NONE;
    while (written < capacity && run == RUN_ON && !inflater->failed) {
        size_t len = 0;
        if (!inflater->in_member) {
            if (input->len == 0 && !deflate_holds_bytes(inflater->deflate)) {
                break;
            }
            begin_member(inflater);
        }
        run = run_part(inflater, input, out + written, capacity - written, &len);
        written += len;
    }
    if (run == RUN_DAMAGED || (run == RUN_HUNGRY && ended)) {
        inflater->failed = true;
        *fault = RECORD_FAULT_GZIP;
    }
    return written;
}

bool inflater_in_member(const struct inflater *inflater)
{
    return inflater->in_member;
}
