/* SPDX-License-Identifier: Apache-2.0
 *
 * dead_letter.c - see dead_letter.h.
 */
#include "ingest/dead_letter/dead_letter.h"

#include "base/timestamp.h"
#include "base/utf8.h"

static void add_key(struct buffer *out, const char *key)
{
    if (out->ptr[out->len - 1] != '{') {
        buffer_add_byte(out, ',');
    }
    buffer_add_byte(out, '"');
    buffer_add_text(out, key);
    buffer_add_text(out, "\":");
}

void dead_letter_render(const struct record *record, const struct chunk *chunk, struct buffer *out)
{
    buffer_add_byte(out, '{');
    if (chunk->reference_ns != TIMESTAMP_NONE) {
        add_key(out, "@timestamp");
        buffer_add_byte(out, '"');
        buffer_add_time(out, chunk->reference_ns);
        buffer_add_byte(out, '"');
    }
    add_key(out, "reason");
    buffer_add_json_string(out, str_of(record_fault_name(record->fault)));
    add_key(out, "detail");
    buffer_add_json_string(out, str_of(record_fault_sentence(record->fault)));
    add_key(out, "fault_at");
    buffer_add_u64(out, record->fault_at);
    add_key(out, "source");
    buffer_add_json_string(out, str_of(chunk->stream->name));
    if (chunk->stream->partition >= 0) {
        add_key(out, "partition");
        buffer_add_i64(out, chunk->stream->partition);
    }
    if (chunk->sender != NULL) {
        add_key(out, "sender");
        buffer_add_json_string(out, chunk->sender->address);
    }
    add_key(out, "offset");
    buffer_add_u64(out, record->offset);
    add_key(out, "sub");
    buffer_add_u64(out, record->sub);
    add_key(out, "bytes");
    buffer_add_u64(out, record->bytes.len);
    if (utf8_valid(record->bytes)) {
        add_key(out, "record");
        buffer_add_json_string(out, record->bytes);
    } else {
        add_key(out, "record_base64");
        buffer_add_byte(out, '"');
        buffer_add_base64(out, record->bytes);
        buffer_add_byte(out, '"');
    }
    buffer_add(out, STR("}\n"));
}
