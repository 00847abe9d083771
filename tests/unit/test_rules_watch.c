/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rules_watch.c - which changes of files are told, and when.
 */
#include "cli/rules_watch.h"

#include "base/memory.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define QUIET RULES_WATCH_QUIET_NS
#define WAIT  RULES_WATCH_WAIT_NS

static struct {
    char folder[64];
    char path[256]; /* the last one that in_folder made */
    char watched[256];
    struct rules_watch *watch;
    const char *paths[1];
} world;

static const char *in_folder(const char *name)
{
    snprintf(world.path, sizeof world.path, "%s/%s", world.folder, name);
    return world.path;
}

static void write_file(const char *name)
{
    FILE *file = fopen(in_folder(name), "w");
    assert_non_null(file);
    fputs("title: x\n", file);
    assert_int_equal(fclose(file), 0);
}

static void move_file(const char *from, const char *to)
{
    char *path = memory_copy_str(str_of(in_folder(from)));
    assert_int_equal(rename(path, in_folder(to)), 0);
    memory_free(path);
}

static void watch(const char *name)
{
    struct err err = {0};
    snprintf(world.watched, sizeof world.watched, "%s", in_folder(name));
    world.paths[0] = world.watched;
    assert_int_equal(rules_watch_new(world.paths, 1, &world.watch, &err), 0);
}

static bool changed(int64_t now_ns)
{
    struct err err = {0};
    bool result = rules_watch_changed(world.watch, now_ns, &err);
    assert_int_equal(err.code, 0);
    return result;
}

/* Is what happened told when it has settled? Asked twice: it is told once. */
static bool told(void)
{
    assert_false(changed(0));
    bool first = changed(QUIET);
    assert_false(changed(2 * QUIET));
    return first;
}

static int open_world(void **state)
{
    (void)state;
    snprintf(world.folder, sizeof world.folder, "/tmp/tocsin_watch_XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    assert_int_equal(mkdir(in_folder("rules"), 0700), 0);
    assert_int_equal(mkdir(in_folder("rules/deep"), 0700), 0);
    write_file("rules/a.yml");
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    char command[128];
    rules_watch_free(world.watch);
    world.watch = NULL;
    snprintf(command, sizeof command, "rm -rf '%s'", world.folder);
    return system(command);
}

static void a_folder_that_stays_as_it_is_tells_nothing(void **state)
{
    (void)state;
    watch("rules");
    assert_false(told());
}

static void a_file_that_is_written_replaced_added_or_deleted_is_told_once(void **state)
{
    (void)state;
    watch("rules");
    write_file("rules/a.yml");
    assert_true(told());
    write_file("rules/deep/b.yaml");
    assert_true(told());
    write_file("rules/.hidden.yml");
    write_file("rules/a.yml~");
    write_file("rules/README.md");
    assert_false(told());
    write_file("rules/new.tmp");
    assert_false(told());
    move_file("rules/new.tmp", "rules/a.yml");
    assert_true(told());
    assert_int_equal(unlink(in_folder("rules/a.yml")), 0);
    assert_true(told());
}

static void a_list_and_a_mounted_folders_link_are_told(void **state)
{
    (void)state;
    watch("rules");
    write_file("rules/deep/addresses.txt");
    assert_true(told());
    write_file("rules/deep/accounts.csv");
    assert_true(told());
    assert_int_equal(symlink("deep", in_folder("rules/..data")), 0);
    assert_true(told());
}

static void files_in_a_folder_that_has_come_are_seen(void **state)
{
    (void)state;
    watch("rules");
    assert_int_equal(mkdir(in_folder("rules/more"), 0700), 0);
    assert_true(told());
    write_file("rules/more/c.yml");
    assert_true(told());
}

static void of_a_single_file_its_replacement_is_seen(void **state)
{
    (void)state;
    watch("rules/a.yml");
    write_file("rules/next");
    move_file("rules/next", "rules/a.yml");
    assert_true(told());
    write_file("rules/a.yml");
    assert_true(told());
}

static void changes_that_go_on_are_told_after_a_while(void **state)
{
    (void)state;
    watch("rules");
    int64_t now_ns = 0;
    for (; now_ns < WAIT; now_ns += QUIET / 2) {
        write_file("rules/a.yml");
        assert_false(changed(now_ns));
    }
    write_file("rules/a.yml");
    assert_true(changed(now_ns));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(a_folder_that_stays_as_it_is_tells_nothing),
        TEST(a_file_that_is_written_replaced_added_or_deleted_is_told_once),
        TEST(a_list_and_a_mounted_folders_link_are_told),
        TEST(files_in_a_folder_that_has_come_are_seen),
        TEST(of_a_single_file_its_replacement_is_seen),
        TEST(changes_that_go_on_are_told_after_a_while),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
