/* SPDX-License-Identifier: Apache-2.0
 *
 * match_literals.c - from places where a literal could stand to predicates whose literal is there.
 *
 * Places are found in the text as it is; a text is folded only when the first place is compared.
 * Folding keeps lengths, so that a place is the same in both. Who knows the literals can write
 * texts that are compared everywhere and match nowhere: when the comparisons that the text's length
 * allows are used up, it is searched by the automaton instead.
 */
#include "analyze/match/match_internal.h"

/* Literals that a text is compared with before it is taken for one that was made to be compared:
 * logs have far fewer places that look like a literal and are none. */
static uint64_t comparisons_allowed(size_t len)
{
    return 64 + len / 8;
}

static bool stands_at(const struct literal *literal, struct str folded, size_t start)
{
    size_t left = folded.len - start;
    return left >= literal->text.len && (literal->place != LITERAL_FIRST || start == 0) &&
           (literal->place != LITERAL_LAST || left == literal->text.len) &&
           memcmp(folded.ptr + start, literal->text.ptr, literal->text.len) == 0;
}

/* The literals that wait for the gram at `at`; returns with how many the text was compared. */
static uint64_t verify(struct matcher *matcher, const struct literal_filter *filter,
                       const struct literal_pass *pass, struct str folded, size_t at)
{
    uint32_t gram = 0;
    uint64_t comparisons = 0;
    memcpy(&gram, folded.ptr + at, folded.len - at < GRAM ? folded.len - at : GRAM);
    gram = (gram | GRAM_CASE) & pass->gram_mask;
    uint32_t spot = pass->buckets[gram_hash(gram) >> pass->bucket_shift];
    for (; spot != 0; spot = pass->spots[spot - 1].next, comparisons++) {
        const struct literal_spot *waiting = &pass->spots[spot - 1];
        const struct literal *literal = &filter->literals[waiting->literal];
        if (waiting->gram == gram && waiting->offset <= at &&
            matcher->listed[literal->predicate] >> 1 != matcher->generation &&
            stands_at(literal, folded, at - waiting->offset)) {
            match_found_literal(matcher, literal);
        }
    }
    return comparisons;
}

static bool is_ascii(struct str text)
{
    unsigned char all = 0;
    for (size_t i = 0; i < text.len; i++) {
        all |= (unsigned char)text.ptr[i];
    }
    return all < 0x80;
}

/* Searches with one pass; false when the comparisons were used up before the end. */
static bool search_pass(struct matcher *matcher, const struct literal_filter *filter,
                        const struct literal_pass *pass, const struct match_text *text,
                        uint64_t *comparisons)
{
    bool fold_first = filter->folds && !is_ascii(text->raw);
    struct str searched = fold_first ? match_text_folded(matcher, text) : text->raw;
    uint32_t places[MATCH_SCAN_PLACES];
    size_t from = 0;
    while (from != STR_NOT_FOUND) {
        uint32_t count = matcher->scan(pass, searched, &from, places);
        for (uint32_t i = 0; i < count; i++) {
            if (*comparisons > comparisons_allowed(searched.len)) {
                return false;
            }
            *comparisons +=
                verify(matcher, filter, pass, match_text_folded(matcher, text), places[i]);
        }
    }
    return true;
}

void match_search(struct matcher *matcher, const struct literal_filter *filter,
                  const struct match_text *text)
{
    uint64_t comparisons = 0;
    bool finished = true;
    for (int i = 0; i < LITERAL_PASSES && finished; i++) {
        finished = filter->passes[i].bitmap == NULL ||
                   search_pass(matcher, filter, &filter->passes[i], text, &comparisons);
    }
    if (comparisons > 0) {
        match_profile_count(&matcher->profile->counters.comparisons, comparisons);
    }
    if (!finished) {
        match_profile_count(&matcher->profile->counters.searched_again, 1);
        match_search_linear(matcher, filter, match_text_folded(matcher, text));
    }
}
