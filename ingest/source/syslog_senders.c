/* SPDX-License-Identifier: Apache-2.0
 *
 * syslog_senders.c - see syslog_senders.h.
 */
#include "ingest/source/syslog_senders.h"

#include "base/map.h"
#include "base/memory.h"
#include "base/timestamp.h"

/* free_ns: when the bucket would be full again. It is empty while free_ns is more than a second
 * ahead. */
struct bucket {
    int64_t free_ns;
};

struct syslog_senders {
    uint32_t rate;
    uint32_t senders_max;
    struct map *numbers;    /* address -> index */
    struct bucket *buckets; /* one more than senders_max: the shared one */
    uint32_t count;
};

struct syslog_senders *syslog_senders_new(uint32_t rate, uint32_t senders_max)
{
    struct syslog_senders *senders = memory_new(1, sizeof *senders);
    senders->rate = rate;
    senders->senders_max = senders_max;
    senders->numbers = map_new();
    senders->buckets = memory_new((size_t)senders_max + 1, sizeof *senders->buckets);
    return senders;
}

void syslog_senders_free(struct syslog_senders *senders)
{
    if (senders != NULL) {
        map_free(senders->numbers);
        memory_free(senders->buckets);
        memory_free(senders);
    }
}

/* Keeps those that are not full at now_ns. */
static void forget_quiet(struct syslog_senders *senders, int64_t now_ns)
{
    struct map *kept = map_new();
    uint32_t count = 0;
    for (uint32_t i = 0; i < senders->count; i++) {
        if (senders->buckets[i].free_ns > now_ns) {
            senders->buckets[count] = senders->buckets[i];
            map_set(kept, map_key_at(senders->numbers, i), count++);
        }
    }
    map_free(senders->numbers);
    senders->numbers = kept;
    senders->count = count;
}

static struct bucket *bucket_of(struct syslog_senders *senders, struct str address, int64_t now_ns)
{
    uint32_t number = map_get(senders->numbers, address);
    if (number != MAP_NONE) {
        return &senders->buckets[number];
    }
    if (senders->count == senders->senders_max) {
        forget_quiet(senders, now_ns);
    }
    if (senders->count == senders->senders_max) {
        return &senders->buckets[senders->senders_max];
    }
    map_set(senders->numbers, address, senders->count);
    senders->buckets[senders->count] = (struct bucket){0};
    return &senders->buckets[senders->count++];
}

bool syslog_senders_take(struct syslog_senders *senders, struct str address, uint64_t count,
                         int64_t now_ns)
{
    if (senders->rate == 0) {
        return true;
    }
    struct bucket *bucket = bucket_of(senders, address, now_ns);
    int64_t price_ns = TIMESTAMP_SECOND_NS / senders->rate;
    int64_t from_ns = bucket->free_ns > now_ns ? bucket->free_ns : now_ns;
    if (from_ns + price_ns - now_ns > TIMESTAMP_SECOND_NS) {
        return false;
    }
    /* However much it was, a minute pays for it. */
    uint64_t most = (uint64_t)(60 * TIMESTAMP_SECOND_NS / (price_ns > 0 ? price_ns : 1));
    bucket->free_ns = from_ns + price_ns * (int64_t)(count < most ? count : most);
    return true;
}
