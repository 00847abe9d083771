/* SPDX-License-Identifier: Apache-2.0
 *
 * task_outbox_internal.h - alerts between decision and delivery: packed into entries of the store.
 *
 * In:  alerts, entries that the store has kept.   Out: entries for a commit, alerts for delivery.
 * Thread: as task.h.   Owns: the entries' bytes until they are acknowledged.
 * Invariants: (1) entries are told in the order of their numbers, alerts in that of their telling.
 *             (2) an entry's number is that of the commit that has it. A store that loses its end
 *                 gives numbers again: the id has a part that is drawn by each task that is opened,
 *                 so that an acknowledgement of before does not take away what came after.
 * Bounds: an alert costs its bytes and 16 more.
 */
#ifndef TOCSIN_ANALYZE_TASK_TASK_OUTBOX_INTERNAL_H
#define TOCSIN_ANALYZE_TASK_TASK_OUTBOX_INTERNAL_H

#include "analyze/task/task.h"

#define OUTBOX_NUMBER_BYTES 8
#define OUTBOX_ID_BYTES     16

struct outbox_entry {
    char id[OUTBOX_ID_BYTES];
    uint64_t number;
    struct buffer body;
    bool told;
};

struct outbox {
    struct buffer open; /* alerts of the commit to come */
    struct outbox_entry *entries;
    uint32_t count;
    uint32_t capacity;
};

void outbox_release(struct outbox *outbox);
/* Adds an alert to the entry of the next commit. */
void outbox_add(struct outbox *outbox, const struct task_alert *alert);
/* The open alerts become the entry of that id, which the commit has written. */
void outbox_close(struct outbox *outbox, const char id[OUTBOX_ID_BYTES]);
/* An entry that the store had. ERR_DATA: it is none. One that is there already stays. */
int outbox_restore(struct outbox *outbox, struct str id, struct str body, struct err *err);
/* The number, big end first, then drawn. */
void outbox_id(uint64_t number, uint64_t drawn, char id[OUTBOX_ID_BYTES]);
/* Tells alerts of entries that were not told. */
int outbox_tell(struct outbox *outbox, task_alert_fn *deliver, void *context, struct err *err);
/* Forgets entries that were told; ids gets their ids, which live until the next call. */
uint32_t outbox_told(const struct outbox *outbox, struct str *ids, uint32_t ids_max);
void outbox_forget(struct outbox *outbox, uint32_t count);

#endif
