/* SPDX-License-Identifier: Apache-2.0
 *
 * account_line.c - an account as one line of JSON: docs/ACCOUNTS.md, member by member.
 *
 * In:  an account.   Out: bytes at the end of accounts.json, and the account's id.
 * Thread: as account.h.   Owns: nothing.
 * Invariants: (1) the order of members is fixed, none appears twice.
 *             (2) the id follows from stream, hour and opening: all lines of an account share it.
 */
#include "analyze/account/account_internal.h"

#include "analyze/alert/alert.h"

static void add_key(struct buffer *out, const char *key)
{
    if (out->ptr[out->len - 1] != '{') {
        buffer_add_byte(out, ',');
    }
    buffer_add_byte(out, '"');
    buffer_add_text(out, key);
    buffer_add(out, STR("\":"));
}

static void add_text(struct buffer *out, const char *key, struct str value)
{
    add_key(out, key);
    buffer_add_json_string(out, value);
}

static void add_time(struct buffer *out, const char *key, int64_t time_ns)
{
    add_key(out, key);
    buffer_add_byte(out, '"');
    buffer_add_time(out, time_ns);
    buffer_add_byte(out, '"');
}

static void add_count(struct buffer *out, const char *key, uint64_t value)
{
    add_key(out, key);
    buffer_add_u64(out, value);
}

static void add_totals(struct buffer *out, const struct account *account)
{
    const struct tally *tally = &account->tally;
    add_count(out, "records", tally->records);
    add_count(out, "bytes", tally->bytes);
    add_count(out, "evaluated", tally->outcomes[RECORD_EVALUATED]);
    add_count(out, "filtered", tally->outcomes[RECORD_FILTERED]);
    add_count(out, "dead_lettered", tally->outcomes[RECORD_DEAD]);
    add_count(out, "duplicates", tally->outcomes[RECORD_DUPLICATE]);
    add_key(out, "residue");
    buffer_add_i64(out, tally_residue(tally));
    add_count(out, "unbalanced", account->unbalanced);
    add_count(out, "malformed", tally->malformed);
    add_count(out, "timeless", tally->timeless);
    add_count(out, "future", tally->future);
    add_count(out, "late", account->late);
    add_count(out, "alerts", tally->alerts);
}

static void add_offsets(struct buffer *out, const struct account *account)
{
    add_key(out, "offsets");
    buffer_add_byte(out, '{');
    add_count(out, "first", account->first_offset);
    add_count(out, "last", account->last_offset);
    add_count(out, "read", account->offsets_read);
    add_count(out, "missing", account->offsets_missing);
    add_count(out, "lost", account->offsets_lost);
    buffer_add_byte(out, '}');
}

void account_render(struct accounts *accounts, const struct account *account, bool partial,
                    int64_t now_ns, char id[ACCOUNT_ID_TEXT + 1])
{
    const struct account_stream *stream = &accounts->streams[account->stream];
    struct buffer *out = &accounts->json;
    alert_id_of_account(account_stream_name(stream), stream->partition, account->hour_ns,
                        account->opened_ns, id);
    buffer_add_byte(out, '{');
    add_time(out, "@timestamp", now_ns);
    add_text(out, "account", (struct str){id, ACCOUNT_ID_TEXT});
    add_count(out, "sequence", account->sequence);
    add_key(out, "partial");
    buffer_add_text(out, partial ? "true" : "false");
    add_text(out, "kind", str_of(stream->kind));
    add_text(out, "source", account_stream_name(stream));
    if (stream->partition >= 0) {
        add_count(out, "partition", (uint64_t)stream->partition);
    }
    add_time(out, "hour", account->hour_ns);
    add_time(out, "opened", account->opened_ns);
    add_totals(out, account);
    if (account->has_offsets) {
        add_offsets(out, account);
    }
    add_text(out, "rules", str_of(account->rules));
    add_count(out, "rulesets", account->rulesets);
    add_text(out, "version", STR(TOCSIN_VERSION));
    buffer_add(out, STR("}\n"));
}
