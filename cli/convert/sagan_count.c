/* SPDX-License-Identifier: Apache-2.0
 *
 * sagan_count.c - the options after and threshold: `track by_src, count 5, seconds 300`.
 *
 * After lets count events pass and tells of every further one, so the correlation asks for more
 * than count. A threshold of type threshold tells of every count-th; of type limit it only makes
 * alerts rarer.
 */
#include "cli/convert/sagan_internal.h"

struct track_row {
    const char *name;
    const char *field;
};

static const struct track_row track_rows[] = {
    {"by_src", "src_ip"},       {"by_dst", "dst_ip"},       {"by_username", "user"},
    {"by_srcport", "src_port"}, {"by_dstport", "dst_port"}, {NULL, NULL},
};

struct counting {
    struct str type;
    struct draft_list fields;
    uint64_t count;
    uint64_t seconds;
};

/* Cuts the part before separator off the front of rest. */
static struct str cut(struct str *rest, char separator)
{
    size_t end = str_find_byte(*rest, separator);
    struct str part = str_slice(*rest, 0, end);
    *rest = end == STR_NOT_FOUND ? STR("") : str_slice(*rest, end + 1, rest->len);
    return str_trim(part);
}

static const char *read_track(struct str names, struct counting *counting)
{
    while (names.len > 0) {
        struct str name = cut(&names, '&');
        const struct track_row *row = track_rows;
        while (row->name != NULL && !str_equal(name, str_of(row->name))) {
            row++;
        }
        if (row->name == NULL) {
            return "it counts by something that events of tocsin do not have as a field";
        }
        draft_list_add(&counting->fields, str_of(row->field));
    }
    return NULL;
}

static const char *read_part(struct str part, struct counting *counting)
{
    struct str value = part;
    struct str name = cut(&value, ' ');
    value = str_trim(value);
    uint64_t number = 0;
    if (str_equal(name, STR("track"))) {
        return read_track(value, counting);
    }
    if (str_equal(name, STR("type"))) {
        counting->type = value;
        return NULL;
    }
    if (str_equal(value, STR("seconds"))) { /* the wrong way round, as some rules have it */
        value = name;
        name = STR("seconds");
    }
    bool known = str_equal(name, STR("count")) || str_equal(name, STR("seconds"));
    if (!known || !str_to_u64(value, &number) || number == 0 || number > 100000000) {
        return "what it counts can't be read";
    }
    *(str_equal(name, STR("count")) ? &counting->count : &counting->seconds) = number;
    return NULL;
}

static const char *read_counting(struct str value, struct counting *counting)
{
    *counting = (struct counting){0};
    while (value.len > 0) {
        const char *wrong = read_part(cut(&value, ','), counting);
        if (wrong != NULL) {
            return wrong;
        }
    }
    return counting->count > 0 && counting->seconds > 0 ? NULL : "it has no count or no seconds";
}

static void set_count(struct sagan_work *work, const struct counting *counting,
                      const char *comparison)
{
    struct draft *draft = &work->draft;
    draft->counts = true;
    draft->comparison = comparison;
    draft->count = counting->count;
    draft->seconds = counting->seconds;
    draft->group_by = counting->fields;
}

const char *sagan_take_after(struct sagan_work *work, struct str value)
{
    struct counting counting;
    const char *wrong = read_counting(value, &counting);
    if (wrong == NULL) {
        set_count(work, &counting, "gt");
        work->counts_after = true;
    }
    return wrong;
}

const char *sagan_take_threshold(struct sagan_work *work, struct str value)
{
    struct counting counting;
    const char *wrong = read_counting(value, &counting);
    if (wrong != NULL) {
        return wrong;
    }
    if (str_equal(counting.type, STR("limit"))) {
        /* A correlation is silent for a timespan anyway. */
        if (str_equal(sagan_rule_value(&work->rule, "after"), STR(""))) {
            convert_note(work->convert, work->file, work->line, CONVERT_MIND,
                         "threshold: alerts of this rule are not limited");
        }
        return NULL;
    }
    if (!str_equal(counting.type, STR("threshold")) && !str_equal(counting.type, STR("both"))) {
        return "the threshold's type is none of limit, threshold and both";
    }
    if (work->counts_after || sagan_rule_value(&work->rule, "after").len > 0) {
        convert_note(work->convert, work->file, work->line, CONVERT_LEFT,
                     "threshold: after counts already");
        return NULL;
    }
    set_count(work, &counting, "gte");
    return NULL;
}
