/* SPDX-License-Identifier: Apache-2.0
 *
 * suggest.c - see suggest.h.
 */
#include "base/suggest.h"

#include "base/buffer.h"

enum { WORD_MAX = 64 };

void suggest_begin(struct suggestion *suggestion, struct str word)
{
    *suggestion = (struct suggestion){.word = word, .name = {"", 0}};
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, one row at a time. */
static uint32_t distance_of(struct str a, struct str b)
{
    uint32_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = (uint32_t)j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        uint32_t diagonal = row[0];
        row[0] = (uint32_t)i;
        for (size_t j = 1; j <= b.len; j++) {
            uint32_t changed = diagonal + (a.ptr[i - 1] == b.ptr[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = smaller(changed, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[b.len];
}

void suggest_offer(struct suggestion *suggestion, struct str name)
{
    size_t word_len = suggestion->word.len;
    if (word_len >= WORD_MAX || name.len >= WORD_MAX) {
        return;
    }
    size_t most = word_len < 6 ? 2 : word_len / 3;
    size_t longer = word_len > name.len ? word_len - name.len : name.len - word_len;
    if (longer > most) {
        return; /* so many letters differ at least */
    }
    uint32_t distance = distance_of(suggestion->word, name);
    bool near = distance <= most && distance < word_len;
    if (near && (suggestion->name.len == 0 || distance < suggestion->distance)) {
        suggestion->name = name;
        suggestion->distance = distance;
    }
}

void suggest_print_word(FILE *out, const char *word)
{
    struct buffer text = {0};
    buffer_add_printable(&text, str_of(word));
    fprintf(out, "%.*s", STR_ARG(buffer_str(&text)));
    buffer_release(&text);
}
