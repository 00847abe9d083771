/* SPDX-License-Identifier: Apache-2.0
 *
 * account.c - see account.h: which accounts are open, and when they are closed.
 */
#include "analyze/account/account_internal.h"

#include "base/ensure.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/pack.h"

#define LOOK_NS INT64_C(1000000000) /* due ones are looked for so often, touched ones moved */

struct accounts *accounts_new(uint32_t accounts_max, uint32_t hours_max)
{
    struct accounts *accounts = memory_new(1, sizeof *accounts);
    accounts->accounts_max = accounts_max > 0 ? accounts_max : (uint32_t)LIMIT_ACCOUNTS;
    accounts->hours_max = hours_max > 0 ? hours_max : (uint32_t)LIMIT_ACCOUNT_HOURS;
    accounts->numbers = map_new();
    accounts->looked_ns = INT64_MIN;
    return accounts;
}

static void free_list(struct account *first)
{
    while (first != NULL) {
        struct account *next = first->fresher;
        memory_free(first);
        first = next;
    }
}

void accounts_free(struct accounts *accounts)
{
    if (accounts == NULL) {
        return;
    }
    free_list(accounts->stalest);
    free_list(accounts->due);
    for (uint32_t i = 0; i < accounts->streams_count; i++) {
        memory_free(accounts->streams[i].kind);
    }
    memory_free(accounts->streams);
    map_free(accounts->numbers);
    memory_free(accounts->changed);
    buffer_release(&accounts->deleted);
    buffer_release(&accounts->json);
    memory_free(accounts);
}

uint32_t accounts_open(const struct accounts *accounts)
{
    return accounts != NULL ? accounts->open_count : 0;
}

void accounts_set_rules(struct accounts *accounts, struct str digest)
{
    ENSURE(digest.len <= ACCOUNT_ID_TEXT);
    memcpy(accounts->rules, digest.ptr, digest.len);
    accounts->rules[digest.len] = '\0';
}

/* --- streams ---------------------------------------------------------------------------------- */

struct str account_stream_name(const struct account_stream *stream)
{
    return str_slice(stream->key, ACCOUNT_NAME_AT, stream->key.len);
}

uint32_t account_stream_number(struct accounts *accounts, struct str kind, struct str name,
                               int32_t partition)
{
    struct buffer key = {0};
    pack_u8(&key, ACCOUNT_CELL);
    pack_u32(&key, (uint32_t)partition);
    buffer_add(&key, name);
    uint32_t number = map_get(accounts->numbers, buffer_str(&key));
    if (number == MAP_NONE) {
        number = accounts->streams_count;
        map_set(accounts->numbers, buffer_str(&key), number);
        MEMORY_GROW(accounts->streams, accounts->streams_count, accounts->streams_capacity);
        accounts->streams[accounts->streams_count++] = (struct account_stream){
            .key = map_key_at(accounts->numbers, number),
            .partition = partition,
            .kind = memory_copy_str(kind),
        };
    }
    buffer_release(&key);
    return number;
}

uint32_t accounts_stream(struct accounts *accounts, const struct stream *stream)
{
    return account_stream_number(accounts, str_of(stream->source), str_of(stream->name),
                                 stream->partition);
}

/* --- open accounts ---------------------------------------------------------------------------- */

static void add_freshest(struct accounts *accounts, struct account *account)
{
    account->fresher = NULL;
    account->staler = accounts->freshest;
    *(accounts->freshest != NULL ? &accounts->freshest->fresher : &accounts->stalest) = account;
    accounts->freshest = account;
}

static void take_out(struct accounts *accounts, struct account *account)
{
    *(account->staler != NULL ? &account->staler->fresher : &accounts->stalest) = account->fresher;
    *(account->fresher != NULL ? &account->fresher->staler : &accounts->freshest) = account->staler;
}

static void take_out_of_stream(struct accounts *accounts, struct account *account)
{
    struct account **at = &accounts->streams[account->stream].open;
    while (*at != account) {
        at = &(*at)->sibling;
    }
    *at = account->sibling;
}

/* Its line is to be told; what comes for its hour from now on opens another one. */
static void close_account(struct accounts *accounts, struct account *account)
{
    take_out(accounts, account);
    take_out_of_stream(accounts, account);
    accounts->streams[account->stream].open_count--;
    accounts->open_count--;
    account->fresher = NULL;
    *(accounts->due_last != NULL ? &accounts->due_last->fresher : &accounts->due) = account;
    accounts->due_last = account;
}

/* The stalest of the stream is at the end of its list. */
static struct account *stalest_of(const struct account_stream *stream)
{
    struct account *last = stream->open;
    ENSURE(last != NULL); /* asked only when it has too many */
    while (last->sibling != NULL) {
        last = last->sibling;
    }
    return last;
}

struct account *account_open(struct accounts *accounts, uint32_t stream, int64_t hour_ns,
                             struct account_clock now)
{
    struct account_stream *of = &accounts->streams[stream];
    struct account *stalest = of->open_count >= accounts->hours_max ? stalest_of(of) : NULL;
    if (stalest == NULL && accounts->open_count >= accounts->accounts_max) {
        stalest = accounts->stalest;
    }
    if (stalest != NULL) {
        close_account(accounts, stalest);
    }
    int64_t opened_ns = now.wall_ns > accounts->opened_ns ? now.wall_ns : accounts->opened_ns + 1;
    accounts->opened_ns = opened_ns;
    struct account *account = memory_new(1, sizeof *account);
    account->stream = stream;
    account->hour_ns = hour_ns;
    account->opened_ns = opened_ns;
    account->rulesets = 1;
    memcpy(account->rules, accounts->rules, sizeof account->rules);
    account->touched_ns = now.steady_ns;
    account->sibling = of->open;
    of->open = account;
    of->open_count++;
    accounts->open_count++;
    add_freshest(accounts, account);
    return account;
}

static bool holds(const struct account *account, int64_t time_ns)
{
    return time_ns >= account->hour_ns && time_ns - account->hour_ns < ACCOUNT_HOUR_NS;
}

static int64_t hour_of(int64_t time_ns)
{
    int64_t into = time_ns % ACCOUNT_HOUR_NS;
    return time_ns - (into < 0 ? into + ACCOUNT_HOUR_NS : into);
}

/* The stream's account of that moment, moved to the front of the stream's list. */
static struct account *find(struct accounts *accounts, const struct account_entry *entry,
                            struct account_clock now)
{
    struct account_stream *stream = &accounts->streams[entry->stream];
    struct account **at = &stream->open;
    while (*at != NULL && !holds(*at, entry->time_ns)) {
        at = &(*at)->sibling;
    }
    struct account *account = *at;
    if (account == NULL) {
        return account_open(accounts, entry->stream, hour_of(entry->time_ns), now);
    }
    *at = account->sibling;
    account->sibling = stream->open;
    stream->open = account;
    return account;
}

static void touch(struct accounts *accounts, struct account *account, struct account_clock now)
{
    account->untold = true;
    if (now.steady_ns - account->touched_ns >= LOOK_NS) {
        account->touched_ns = now.steady_ns;
        take_out(accounts, account);
        add_freshest(accounts, account);
    }
    if (accounts->keeps && !account->changed) {
        account_change(accounts, account);
    }
}

static void add_offsets(struct account *account, const struct account_entry *entry)
{
    account->offsets_missing += entry->offsets_missing;
    account->offsets_lost += entry->offsets_lost;
    if (entry->offsets_read == 0) {
        return;
    }
    uint64_t first = entry->first_offset - entry->offsets_missing;
    uint64_t last = entry->first_offset + entry->offsets_read - 1;
    if (!account->has_offsets || first < account->first_offset) {
        account->first_offset = first;
    }
    if (!account->has_offsets || last > account->last_offset) {
        account->last_offset = last;
    }
    account->has_offsets = true;
    account->offsets_read += entry->offsets_read;
}

void accounts_add(struct accounts *accounts, const struct account_entry *entry,
                  struct account_clock now)
{
    ENSURE(entry->stream < accounts->streams_count);
    struct account *account = find(accounts, entry, now);
    tally_add(&account->tally, entry->tally);
    account->unbalanced += tally_residue(entry->tally) != 0 ? 1 : 0;
    account->late += entry->late;
    if (entry->has_offsets) {
        add_offsets(account, entry);
    }
    if (strcmp(account->rules, accounts->rules) != 0) {
        memcpy(account->rules, accounts->rules, sizeof account->rules);
        account->rulesets++;
    }
    touch(accounts, account, now);
}

/* --- telling ---------------------------------------------------------------------------------- */

static bool is_over(const struct account *account, struct account_clock now)
{
    return now.wall_ns >= account->hour_ns && now.wall_ns - account->hour_ns >= ACCOUNT_HOUR_NS;
}

/* The list is in the order of touching: behind the first that was touched lately none is due. */
static void close_quiet(struct accounts *accounts, struct account_clock now)
{
    struct account *account = accounts->stalest;
    if (now.steady_ns - LOOK_NS < accounts->looked_ns) {
        return;
    }
    accounts->looked_ns = now.steady_ns;
    while (account != NULL && now.steady_ns - account->touched_ns >= ACCOUNT_QUIET_NS) {
        struct account *next = account->fresher;
        if (is_over(account, now)) {
            close_account(accounts, account);
        }
        account = next;
    }
}

/* Who is told, and when. */
struct listener {
    account_tell_fn *tell;
    void *context;
    struct account_clock now;
};

static int tell_line(struct accounts *accounts, struct account *account, bool partial,
                     const struct listener *listener, struct err *err)
{
    char id[ACCOUNT_ID_TEXT + 1];
    buffer_clear(&accounts->json);
    account_render(accounts, account, partial, listener->now.wall_ns, id);
    const struct account_line line = {{id, ACCOUNT_ID_TEXT}, buffer_str(&accounts->json)};
    int failed = listener->tell(listener->context, &line, err);
    if (failed == 0) {
        account->sequence++;
        account->untold = false;
    }
    return failed;
}

int accounts_close_due(struct accounts *accounts, struct account_clock now, account_tell_fn *tell,
                       void *context, struct err *err)
{
    const struct listener listener = {tell, context, now};
    int failed = 0;
    close_quiet(accounts, now);
    while (accounts->due != NULL && failed == 0) {
        struct account *account = accounts->due;
        failed = tell_line(accounts, account, !is_over(account, now), &listener, err);
        if (failed == 0) {
            accounts->due = account->fresher;
            accounts->due_last = accounts->due != NULL ? accounts->due_last : NULL;
            account_delete(accounts, account);
            memory_free(account);
        }
    }
    return failed;
}

int accounts_tell_open(struct accounts *accounts, struct account_clock now, account_tell_fn *tell,
                       void *context, struct err *err)
{
    const struct listener listener = {tell, context, now};
    int failed = accounts_close_due(accounts, now, tell, context, err);
    struct account *account = accounts->stalest;
    while (account != NULL && failed == 0) {
        failed = account->untold ? tell_line(accounts, account, true, &listener, err) : 0;
        if (failed == 0 && accounts->keeps && !account->changed) {
            account_change(accounts, account);
        }
        account = account->fresher;
    }
    return failed;
}
