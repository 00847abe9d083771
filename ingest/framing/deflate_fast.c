/* SPDX-License-Identifier: Apache-2.0
 *
 * deflate_fast.c - see deflate_internal.h: the loop in which nearly all of a stream is decoded.
 *
 * It runs while there is more input than a round can take and more room than it can fill, so that
 * neither is looked at within a round. 8 bytes are loaded at once, of which as many are taken as
 * fit; those that don't are loaded again, over themselves. Matches are copied in words that may
 * write beyond their end, within the room.
 */
#include "ingest/framing/deflate_internal.h"

#define INPUT_SLACK 16 /* two loads of 8 bytes that take 7 each */
/* Two bytes, a match, and a word too much. */
#define ROOM_SLACK (2 + MATCH_BYTES_MAX + 16)

#if defined(__x86_64__) && defined(__GNUC__)
#define FAST_TARGET __attribute__((target("avx2,bmi,bmi2")))
#define FAST_CHOICE (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
#endif

static inline uint64_t load_word(const char *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline void copy_word(char *to, const char *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    memcpy(to, &word, sizeof word);
}

/* len bytes from distance before out, which is within this output; may write 15 bytes more. */
static inline char *copy_near(char *out, uint32_t distance, uint32_t len)
{
    const char *from = out - distance;
    char *end = out + len;
    if (distance >= 16) {
        do {
            memcpy(out, from, 16);
            from += 16;
            out += 16;
        } while (out < end);
    } else if (distance >= 8) {
        do {
            copy_word(out, from);
            from += 8;
            out += 8;
        } while (out < end);
    } else if (distance == 1) {
        memset(out, *from, len);
    } else {
        /* Of each word the first `distance` bytes are right, and the next one begins behind them.
         */
        do {
            copy_word(out, from);
            from += distance;
            out += distance;
        } while (out < end);
    }
    return end;
}

#define REFILL()                                                                                   \
    do {                                                                                           \
        bits |= load_word(in) << count;                                                            \
        in += (63 - count) >> 3;                                                                   \
        count |= 56;                                                                               \
    } while (0)
#define DROP(entry)                                                                                \
    do {                                                                                           \
        bits >>= (entry)&63;                                                                       \
        count -= (entry)&63;                                                                       \
    } while (0)

static inline __attribute__((always_inline)) bool run(struct deflate *deflate,
                                                      struct deflate_place *place)
{
    const uint32_t *lengths = deflate->lengths;
    const uint32_t *distances = deflate->distances;
    const char *in = place->in;
    char *out = place->out;
    uint64_t bits = deflate->bits;
    uint32_t count = deflate->bits_count;
    bool good = true;
    while (place->in_end - in >= INPUT_SLACK && place->out_end - out >= ROOM_SLACK) {
        REFILL(); /* 56 bits or more: two bytes (30) and a length (20) */
        uint32_t entry = deflate_look_up(lengths, LENGTHS_BITS, bits);
        for (int i = 0; i < 2 && (entry & ENTRY_LITERAL) != 0; i++) {
            DROP(entry);
            *out++ = (char)(entry >> 16);
            entry = deflate_look_up(lengths, LENGTHS_BITS, bits);
        }
        if ((entry & ENTRY_LITERAL) != 0) {
            continue; /* it is looked up again with full bits */
        }
        if (__builtin_expect((entry & ENTRY_SPECIAL) != 0, 0)) {
            DROP(entry);
            good = (entry & ENTRY_END) != 0;
            deflate->state = deflate->last_block ? DEFLATE_DONE : DEFLATE_BLOCK;
            break;
        }
        uint32_t len = deflate_value_of(entry, bits);
        DROP(entry);
        REFILL(); /* a distance takes 28 */
        entry = deflate_look_up(distances, DISTANCE_BITS, bits);
        uint32_t distance = deflate_value_of(entry, bits);
        DROP(entry);
        if (__builtin_expect((entry & ENTRY_SPECIAL) != 0, 0)) {
            good = false;
            break;
        }
        if (__builtin_expect(distance > (size_t)(out - place->begin), 0)) {
            place->out = out;
            good = deflate_copy(deflate, place, distance, len);
            out = place->out;
            if (!good) {
                break;
            }
            continue;
        }
        out = copy_near(out, distance, len);
    }
    place->in = in;
    place->out = out;
    deflate->bits = bits & ((UINT64_C(1) << count) - 1);
    deflate->bits_count = count;
    return good;
}

#ifdef FAST_TARGET
static FAST_TARGET bool run_with_bmi2(struct deflate *deflate, struct deflate_place *place)
{
    return run(deflate, place);
}
#endif

bool deflate_fast(struct deflate *deflate, struct deflate_place *place)
{
#ifdef FAST_TARGET
    if (FAST_CHOICE) {
        return run_with_bmi2(deflate, place);
    }
#endif
    return run(deflate, place);
}

bool deflate_copy(const struct deflate *deflate, struct deflate_place *place, uint32_t distance,
                  uint32_t len)
{
    size_t here = (size_t)(place->out - place->begin);
    size_t back = distance > here ? distance - here : 0; /* how far into the window */
    if (back > deflate->window_len) {
        return false;
    }
    size_t from_window = back < len ? back : len;
    memcpy(place->out, deflate->window + WINDOW_BYTES - back, from_window);
    place->out += from_window;
    for (uint32_t left = len - (uint32_t)from_window; left > 0; left--) {
        *place->out = place->out[-(ptrdiff_t)distance];
        place->out++;
    }
    return true;
}
