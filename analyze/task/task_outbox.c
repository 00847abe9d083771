/* SPDX-License-Identifier: Apache-2.0
 *
 * task_outbox.c - see task_outbox_internal.h.
 *
 * An entry's body is the format (1 byte) and for each alert its level (1), the length of its id
 * (4), the id, the length of its line (4) and the line.
 */
#include "analyze/task/task_outbox_internal.h"

#include "base/ensure.h"
#include "base/memory.h"
#include "base/pack.h"

#define FORMAT 1

void outbox_release(struct outbox *outbox)
{
    for (uint32_t i = 0; i < outbox->count; i++) {
        buffer_release(&outbox->entries[i].body);
    }
    memory_free(outbox->entries);
    buffer_release(&outbox->open);
    *outbox = (struct outbox){0};
}

void outbox_add(struct outbox *outbox, const struct task_alert *alert)
{
    struct buffer *open = &outbox->open;
    if (open->len == 0) {
        pack_u8(open, FORMAT);
    }
    pack_u8(open, (uint8_t)alert->level);
    pack_str(open, alert->id);
    pack_str(open, alert->json);
}

static void put_number(uint64_t number, char *out)
{
    for (unsigned i = 0; i < OUTBOX_NUMBER_BYTES; i++) {
        out[i] = (char)(unsigned char)(number >> (8 * (OUTBOX_NUMBER_BYTES - 1 - i)));
    }
}

void outbox_id(uint64_t number, uint64_t drawn, char id[OUTBOX_ID_BYTES])
{
    put_number(number, id);
    put_number(drawn, id + OUTBOX_NUMBER_BYTES);
}

static uint64_t number_of(const char *id)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < OUTBOX_NUMBER_BYTES; i++) {
        number = number << 8 | (unsigned char)id[i];
    }
    return number;
}

/* Room for an entry in its place: the numbers ascend. NULL: there is one of that number. */
static struct outbox_entry *add_entry(struct outbox *outbox, const char *id)
{
    uint64_t number = number_of(id);
    uint32_t at = outbox->count;
    while (at > 0 && outbox->entries[at - 1].number >= number) {
        at--;
    }
    if (at < outbox->count && outbox->entries[at].number == number) {
        return NULL;
    }
    MEMORY_GROW(outbox->entries, outbox->count, outbox->capacity);
    for (uint32_t i = outbox->count; i > at; i--) {
        outbox->entries[i] = outbox->entries[i - 1];
    }
    outbox->count++;
    outbox->entries[at] = (struct outbox_entry){.number = number};
    memcpy(outbox->entries[at].id, id, OUTBOX_ID_BYTES);
    return &outbox->entries[at];
}

void outbox_close(struct outbox *outbox, const char id[OUTBOX_ID_BYTES])
{
    if (outbox->open.len > 0) {
        struct outbox_entry *entry = add_entry(outbox, id);
        ENSURE(entry != NULL);
        entry->body = outbox->open;
        outbox->open = (struct buffer){0};
    }
}

int outbox_restore(struct outbox *outbox, struct str id, struct str body, struct err *err)
{
    if (id.len != OUTBOX_ID_BYTES) {
        return err_set(err, ERR_DATA, "an outbox entry has an id of %zu bytes, not %d", id.len,
                       OUTBOX_ID_BYTES);
    }
    struct outbox_entry *entry = add_entry(outbox, id.ptr);
    if (entry != NULL) {
        buffer_add(&entry->body, body);
    }
    return 0;
}

static int tell_entry(const struct outbox_entry *entry, task_alert_fn *deliver, void *context,
                      struct err *err)
{
    struct unpack in = unpack_of(buffer_str(&entry->body));
    int failed = 0;
    bool known = unpack_u8(&in) == FORMAT;
    while (known && !in.failed && in.left > 0 && failed == 0) {
        struct task_alert alert = {0};
        uint8_t level = unpack_u8(&in);
        alert.id = unpack_str(&in);
        alert.json = unpack_str(&in);
        known = level < RULE_LEVELS;
        alert.level = known ? (enum rule_level)level : RULE_INFORMATIONAL;
        if (known && !in.failed) {
            failed = deliver(context, &alert, err);
        }
    }
    if (failed == 0 && (!known || in.failed)) {
        return err_set(err, ERR_DATA, "outbox entry %llu of the state store is damaged",
                       (unsigned long long)entry->number);
    }
    return failed;
}

int outbox_tell(struct outbox *outbox, task_alert_fn *deliver, void *context, struct err *err)
{
    int failed = 0;
    for (uint32_t i = 0; i < outbox->count && failed == 0; i++) {
        struct outbox_entry *entry = &outbox->entries[i];
        if (!entry->told) {
            failed = tell_entry(entry, deliver, context, err);
            entry->told = failed == 0;
        }
    }
    return failed;
}

uint32_t outbox_told(const struct outbox *outbox, struct str *ids, uint32_t ids_max)
{
    uint32_t count = 0;
    while (count < outbox->count && count < ids_max && outbox->entries[count].told) {
        ids[count] = (struct str){outbox->entries[count].id, OUTBOX_ID_BYTES};
        count++;
    }
    return count;
}

void outbox_forget(struct outbox *outbox, uint32_t count)
{
    ENSURE(count <= outbox->count);
    for (uint32_t i = 0; i < count; i++) {
        buffer_release(&outbox->entries[i].body);
    }
    for (uint32_t i = count; i < outbox->count; i++) {
        outbox->entries[i - count] = outbox->entries[i];
    }
    outbox->count -= count;
}
