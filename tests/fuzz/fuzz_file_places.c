/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_file_places.c - any bytes as the text of a file's places: refused, or taken whole: what is
 * given out again for the name is taken, too, and says the same.
 */
#include "base/ensure.h"
#include "ingest/framing/framing.h"
#include "ingest/source/file_places.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct framing_options options = {64, 64};
    struct file_places *places = file_places_new();
    struct file_places *again = file_places_new();
    struct buffer first = {0};
    struct buffer second = {0};
    struct buffer third = {0};
    uint32_t count = 0;
    if (file_places_add(places, STR("a"), (struct str){(const char *)data, size})) {
        const struct file_place *place = NULL;
        for (uint32_t i = 0; (place = file_places_at(places, &i, NULL)) != NULL; count++) {
            struct framer *framer = framer_new(&options);
            framer_resume(framer, place->mark);
            ENSURE(framer_mark(framer).flags == place->mark.flags);
            framer_free(framer);
        }
        ENSURE(count > 0);
        file_places_describe(places, STR("a"), &first);
        ENSURE(file_places_add(again, STR("b"), buffer_str(&first)));
        file_places_describe(again, STR("b"), &second); /* in the other order */
        ENSURE(second.len == first.len);
        ENSURE(file_places_add(again, STR("c"), buffer_str(&second)));
        file_places_describe(again, STR("c"), &third);
        ENSURE(str_equal(buffer_str(&third), buffer_str(&first)));
    } else {
        file_places_describe(places, STR("a"), &first);
        ENSURE(first.len == 0);
    }
    buffer_release(&first);
    buffer_release(&second);
    buffer_release(&third);
    file_places_free(places);
    file_places_free(again);
    return 0;
}
