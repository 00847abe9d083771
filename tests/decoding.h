/* SPDX-License-Identifier: Apache-2.0
 *
 * decoding.h - for tests: decode one text, look at the event's fields by name.
 *
 * In:  a record's text.   Out: the verdict, the event, assertions on its fields.
 * Thread: one.   Owns: everything between decoding_start and decoding_stop.
 */
#ifndef TOCSIN_TESTS_DECODING_H
#define TOCSIN_TESTS_DECODING_H

#include "base/timestamp.h"
#include "ingest/decode/decoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct decoding {
    struct field_table *fields;
    struct decoder_set *set;
    struct decoder_context context;
    struct event event;
    struct stream stream; /* .decoder: by content unless a test sets it */
    struct chunk chunk;
    struct record record;
};

/* names: fields that the test wants besides those of the decoders; NULL ends. */
static inline void decoding_start_with(struct decoding *decoding, const char *const *names,
                                       const struct decoder_options *options)
{
    *decoding = (struct decoding){.fields = field_table_new()};
    decoder_intern_fields(decoding->fields);
    for (; names != NULL && *names != NULL; names++) {
        field_intern(decoding->fields, str_of(*names));
    }
    decoding->set = decoder_set_new(decoding->fields, options);
    decoder_context_init(&decoding->context, decoding->set);
    decoding->context.arena = arena_new(0);
    event_init(&decoding->event, field_count(decoding->fields));
    decoding->chunk = (struct chunk){.reference_ns = TIMESTAMP_NONE};
}

static inline void decoding_start(struct decoding *decoding, const char *const *names)
{
    const struct decoder_options options = {0};
    decoding_start_with(decoding, names, &options);
}

static inline void decoding_stop(struct decoding *decoding)
{
    event_release(&decoding->event);
    arena_free(decoding->context.arena);
    decoder_context_release(&decoding->context);
    decoder_set_free(decoding->set);
    field_table_free(decoding->fields);
}

static inline enum decode_verdict decode_text(struct decoding *decoding, struct str text)
{
    arena_reset(decoding->context.arena);
    decoding->chunk.stream = &decoding->stream;
    decoding->record = (struct record){.bytes = text};
    return decoder_run(&decoding->context, &decoding->chunk, &decoding->record, &decoding->event);
}

static inline const struct value *field_value(const struct decoding *decoding, const char *name)
{
    field_id id = field_find(decoding->fields, str_of(name));
    if (id == FIELD_NONE) {
        fail_msg("nobody knows a field %s", name);
    }
    return event_first(&decoding->event, id);
}

/* The field's first value; the empty text when it has none or null. */
static inline struct str field_text(struct decoding *decoding, const char *name)
{
    const struct value *value = field_value(decoding, name);
    return value == NULL || value->kind == VALUE_NULL ? (struct str){"", 0}
                                                      : value_text(value, decoding->context.arena);
}

static inline void assert_field(struct decoding *decoding, const char *name, const char *want)
{
    struct str got = field_text(decoding, name);
    if (!str_equal(got, str_of(want))) {
        fail_msg("%s is `%.*s`, not `%s` in: %.*s", name, STR_ARG(got), want,
                 STR_ARG(decoding->record.bytes));
    }
}

/* The field is there and says that there is nothing. */
static inline void assert_field_null(struct decoding *decoding, const char *name)
{
    const struct value *value = field_value(decoding, name);
    if (value == NULL || value->kind != VALUE_NULL) {
        fail_msg("%s is not null in: %.*s", name, STR_ARG(decoding->record.bytes));
    }
}

static inline void assert_field_absent(struct decoding *decoding, const char *name)
{
    if (field_value(decoding, name) != NULL) {
        fail_msg("%s is there in: %.*s", name, STR_ARG(decoding->record.bytes));
    }
}

static inline void assert_time(const struct decoding *decoding, const char *want)
{
    char text[TIMESTAMP_TEXT_MAX + 1] = {0};
    size_t len = timestamp_format(decoding->event.time_ns, text);
    text[len] = '\0';
    assert_string_equal(text, want);
}

static inline void assert_logsource(const struct decoding *decoding, const char *want)
{
    assert_string_equal(logsource_table[decoding->event.logsource].name, want);
}

#endif
