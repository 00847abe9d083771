/* SPDX-License-Identifier: Apache-2.0
 *
 * match_literals.c - from places where a literal could stand to predicates whose literal is there.
 *
 * Places are found in the text as it is; a text is folded only when the first place is compared.
 * Folding keeps lengths, so that a place is the same in both.
 */
#include "analyze/match/match_internal.h"

/* The literals that wait for the gram at `at`. */
static void verify(struct matcher *matcher, const struct literal_filter *filter,
                   const struct literal_pass *pass, struct str folded, size_t at)
{
    uint32_t gram = 0;
    memcpy(&gram, folded.ptr + at, folded.len - at < GRAM ? folded.len - at : GRAM);
    gram = (gram | GRAM_CASE) & pass->key_mask;
    uint32_t spot = pass->buckets[gram_hash(gram) >> pass->bucket_shift];
    for (; spot != 0; spot = pass->spots[spot - 1].next) {
        const struct literal_spot *waiting = &pass->spots[spot - 1];
        if ((waiting->gram & pass->key_mask) != gram || waiting->offset > at) {
            continue;
        }
        const struct literal *literal = &filter->literals[waiting->literal];
        size_t start = at - waiting->offset;
        if (folded.len - start < literal->text.len ||
            (literal->place == LITERAL_FIRST && start != 0) ||
            (literal->place == LITERAL_LAST && folded.len - start != literal->text.len) ||
            matcher->listed[literal->predicate] == matcher->generation) {
            continue;
        }
        match_profile_count(&matcher->profile->counters.comparisons, 1);
        if (memcmp(folded.ptr + start, literal->text.ptr, literal->text.len) == 0) {
            match_found_literal(matcher, literal);
        }
    }
}

static bool is_ascii(struct str text)
{
    unsigned char all = 0;
    for (size_t i = 0; i < text.len; i++) {
        all |= (unsigned char)text.ptr[i];
    }
    return all < 0x80;
}

void match_search(struct matcher *matcher, const struct literal_filter *filter,
                  const struct match_text *text)
{
    bool fold_first = filter->folds && !is_ascii(text->raw);
    for (int i = 0; i < LITERAL_PASSES; i++) {
        const struct literal_pass *pass = &filter->passes[i];
        if (pass->bitmap == NULL) {
            continue;
        }
        struct str searched = fold_first ? match_text_folded(matcher, text) : text->raw;
        size_t at = matcher->scan(pass, searched, 0);
        while (at != STR_NOT_FOUND) {
            verify(matcher, filter, pass, match_text_folded(matcher, text), at);
            at = matcher->scan(pass, searched, at + pass->stride);
        }
    }
}
