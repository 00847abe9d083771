/* SPDX-License-Identifier: Apache-2.0
 *
 * test_key_set.c - keys once each, in the order of adding, also after many are gone.
 */
#include "base/key_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct str name_of(const uint32_t *number)
{
    return (struct str){(const char *)number, sizeof *number};
}

static void a_key_is_there_once_and_keeps_its_place(void **state)
{
    (void)state;
    struct key_set *set = key_set_new();
    assert_null(key_set_oldest(set));
    assert_true(key_set_add(set, STR("b")));
    assert_true(key_set_add(set, STR("")));
    assert_true(key_set_add(set, STR("a")));
    assert_false(key_set_add(set, STR("b")));
    assert_int_equal(key_set_count(set), 3);
    const struct key_set_item *item = key_set_oldest(set);
    assert_true(str_equal(key_set_key(item), STR("b")));
    item = key_set_newer(item);
    assert_int_equal(key_set_key(item).len, 0);
    item = key_set_newer(item);
    assert_true(str_equal(key_set_key(item), STR("a")));
    assert_null(key_set_newer(item));
    key_set_free(set);
    key_set_free(NULL);
}

static void what_is_removed_is_gone_and_can_be_added_behind_the_others(void **state)
{
    (void)state;
    struct key_set *set = key_set_new();
    for (uint32_t i = 0; i < 1000; i++) {
        assert_true(key_set_add(set, name_of(&i)));
    }
    for (uint32_t i = 0; i < 1000; i += 2) {
        assert_true(key_set_remove(set, name_of(&i)));
        assert_false(key_set_remove(set, name_of(&i)));
    }
    uint32_t first = 0;
    assert_true(key_set_add(set, name_of(&first)));
    assert_int_equal(key_set_count(set), 501);
    key_set_drop(set, 499); /* 1, 3, ... 997 */
    uint32_t left = 999;
    const struct key_set_item *item = key_set_oldest(set);
    assert_true(str_equal(key_set_key(item), name_of(&left)));
    assert_true(str_equal(key_set_key(key_set_newer(item)), name_of(&first)));
    key_set_drop(set, 2);
    assert_int_equal(key_set_count(set), 0);
    assert_null(key_set_oldest(set));
    assert_true(key_set_add(set, STR("again")));
    assert_true(str_equal(key_set_key(key_set_oldest(set)), STR("again")));
    key_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_there_once_and_keeps_its_place),
        cmocka_unit_test(what_is_removed_is_gone_and_can_be_added_behind_the_others),
    };
    return cmocka_run_group_tests_name("key set", tests, NULL, NULL);
}
