/* SPDX-License-Identifier: Apache-2.0
 *
 * account_keep.c - accounts as cells of a state store, and back.
 *
 * In:  accounts that changed.   Out: cells: the key is the stream's with the hour at its end, the
 *      value the whole account.
 * Thread: as account.h.   Owns: which have changed.
 * Invariants: (1) one cell an account: of one stream and hour at most one is open.
 *             (2) a cell that was never stored is not deleted.
 */
#include "analyze/account/account_internal.h"

#include "base/ensure.h"
#include "base/pack.h"
#include "base/timestamp.h"

#define FORMAT     1
#define HOUR_BYTES sizeof(int64_t)

void accounts_keep(struct accounts *accounts)
{
    accounts->keeps = true;
}

void account_change(struct accounts *accounts, struct account *account)
{
    ENSURE(accounts->keeps && !account->changed);
    MEMORY_GROW(accounts->changed, accounts->changed_count, accounts->changed_capacity);
    account->changed_at = accounts->changed_count;
    accounts->changed[accounts->changed_count++] = account;
    account->changed = true;
}

static void add_key(const struct accounts *accounts, const struct account *account,
                    struct buffer *out)
{
    buffer_add(out, accounts->streams[account->stream].key);
    pack_i64(out, account->hour_ns);
}

void account_delete(struct accounts *accounts, const struct account *account)
{
    if (account->changed) {
        struct account *last = accounts->changed[--accounts->changed_count];
        accounts->changed[account->changed_at] = last;
        last->changed_at = account->changed_at;
    }
    if (account->stored) {
        struct buffer key = {0};
        add_key(accounts, account, &key);
        pack_str(&accounts->deleted, buffer_str(&key));
        accounts->deleted_count++;
        buffer_release(&key);
    }
}

uint32_t accounts_changes(const struct accounts *accounts)
{
    return accounts->changed_count + accounts->deleted_count;
}

static void pack_account(const struct accounts *accounts, const struct account *account,
                         struct buffer *out)
{
    const struct tally *tally = &account->tally;
    const uint64_t numbers[] = {
        account->sequence,
        tally->records,
        tally->bytes,
        tally->outcomes[RECORD_EVALUATED],
        tally->outcomes[RECORD_FILTERED],
        tally->outcomes[RECORD_DEAD],
        tally->outcomes[RECORD_DUPLICATE],
        tally->malformed,
        tally->timeless,
        tally->future,
        tally->alerts,
        account->unbalanced,
        account->late,
        account->first_offset,
        account->last_offset,
        account->offsets_read,
        account->offsets_missing,
        account->offsets_lost,
    };
    pack_u8(out, FORMAT);
    pack_i64(out, account->opened_ns);
    pack_u8(out, account->has_offsets ? 1 : 0);
    pack_u8(out, account->untold ? 1 : 0);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        pack_u64(out, numbers[i]);
    }
    pack_u32(out, account->rulesets);
    pack_str(out, str_of(account->rules));
    pack_str(out, str_of(accounts->streams[account->stream].kind));
}

/* A cell of an account that was closed and opened again in between is written, not deleted. */
static bool is_open_again(const struct accounts *accounts, struct str key)
{
    struct str name = str_slice(key, 0, key.len - HOUR_BYTES);
    struct unpack in = unpack_of(str_slice(key, name.len, HOUR_BYTES));
    uint32_t number = map_get(accounts->numbers, name);
    int64_t hour_ns = unpack_i64(&in);
    ENSURE(number != MAP_NONE);
    const struct account *account = accounts->streams[number].open;
    while (account != NULL && account->hour_ns != hour_ns) {
        account = account->sibling;
    }
    return account != NULL;
}

void accounts_tell_changes(struct accounts *accounts, account_change_fn *tell, void *context)
{
    struct buffer key = {0};
    struct buffer value = {0};
    ENSURE(accounts->due == NULL);
    struct unpack deleted = unpack_of(buffer_str(&accounts->deleted));
    while (deleted.left > 0) {
        struct str gone = unpack_str(&deleted);
        if (!is_open_again(accounts, gone)) {
            tell(context, gone, (struct str){0}, true);
        }
    }
    for (uint32_t i = 0; i < accounts->changed_count; i++) {
        const struct account *account = accounts->changed[i];
        buffer_clear(&key);
        buffer_clear(&value);
        add_key(accounts, account, &key);
        pack_account(accounts, account, &value);
        tell(context, buffer_str(&key), buffer_str(&value), false);
    }
    buffer_release(&key);
    buffer_release(&value);
}

void accounts_changes_done(struct accounts *accounts)
{
    for (uint32_t i = 0; i < accounts->changed_count; i++) {
        accounts->changed[i]->changed = false;
        accounts->changed[i]->stored = true;
    }
    accounts->changed_count = 0;
    buffer_clear(&accounts->deleted);
    accounts->deleted_count = 0;
}

static int unpack_account(struct unpack *in, struct account *account, struct str *kind)
{
    struct tally *tally = &account->tally;
    uint64_t *const numbers[] = {
        &account->sequence,
        &tally->records,
        &tally->bytes,
        &tally->outcomes[RECORD_EVALUATED],
        &tally->outcomes[RECORD_FILTERED],
        &tally->outcomes[RECORD_DEAD],
        &tally->outcomes[RECORD_DUPLICATE],
        &tally->malformed,
        &tally->timeless,
        &tally->future,
        &tally->alerts,
        &account->unbalanced,
        &account->late,
        &account->first_offset,
        &account->last_offset,
        &account->offsets_read,
        &account->offsets_missing,
        &account->offsets_lost,
    };
    if (unpack_u8(in) != FORMAT) {
        return -1;
    }
    account->opened_ns = unpack_i64(in);
    account->has_offsets = unpack_u8(in) != 0;
    account->untold = unpack_u8(in) != 0;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        *numbers[i] = unpack_u64(in);
    }
    account->rulesets = unpack_u32(in);
    struct str rules = unpack_str(in);
    *kind = unpack_str(in);
    if (in->failed || in->left > 0 || rules.len > ACCOUNT_ID_TEXT || kind->len == 0) {
        return -1;
    }
    memcpy(account->rules, rules.ptr, rules.len);
    account->rules[rules.len] = '\0';
    return 0;
}

int accounts_restore(struct accounts *accounts, struct str key, struct str value,
                     struct account_clock now, struct err *err)
{
    struct account read = {0};
    struct str kind = {0};
    struct unpack in = unpack_of(value);
    if (key.len <= ACCOUNT_NAME_AT + HOUR_BYTES || key.ptr[0] != ACCOUNT_CELL ||
        unpack_account(&in, &read, &kind) != 0) {
        return err_set(err, ERR_DATA,
                       "the cell of an account is damaged, or of a newer version of tocsin");
    }
    struct unpack place = unpack_of(str_slice(key, 1, key.len));
    int32_t partition = (int32_t)unpack_u32(&place);
    struct str name = unpack_bytes(&place, key.len - ACCOUNT_NAME_AT - HOUR_BYTES);
    int64_t hour_ns = unpack_i64(&place);
    uint32_t stream = account_stream_number(accounts, kind, name, partition);
    struct account *account = account_open(accounts, stream, hour_ns, now);
    read.stream = stream;
    read.hour_ns = hour_ns;
    read.stored = true;
    read.touched_ns = now.steady_ns;
    read.staler = account->staler;
    read.fresher = account->fresher;
    read.sibling = account->sibling;
    *account = read;
    return 0;
}
