/* SPDX-License-Identifier: Apache-2.0
 *
 * test_state.c - the local store on real files: the contract, and what is refused at opening.
 */
#include "tests/state_contract.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];
static char path[96];

static int set_up(void **state)
{
    (void)state;
    /* In memory where that is: thousands of syncs, and a process that is killed loses no more. */
    snprintf(folder, sizeof folder, "%s/tocsin_state_XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/state", folder);
    contract_options =
        (struct state_options){.kind = "local", .path = path, .journal_bytes_max = 4096};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    DIR *files = opendir(path);
    struct dirent *file;
    while (files != NULL && (file = readdir(files)) != NULL) {
        unlinkat(dirfd(files), file->d_name, 0);
    }
    if (files != NULL) {
        closedir(files);
        rmdir(path);
    }
    return rmdir(folder);
}

static struct buffer read_file(const char *name)
{
    char full[160];
    struct buffer bytes = {0};
    snprintf(full, sizeof full, "%s/%s", path, name);
    int file = open(full, O_RDONLY);
    assert_true(file >= 0);
    ssize_t got = 0;
    while ((got = read(file, buffer_reserve(&bytes, 65536), 65536)) > 0) {
        bytes.len += (size_t)got;
    }
    close(file);
    return bytes;
}

static void write_file(const char *name, struct str bytes)
{
    char full[160];
    snprintf(full, sizeof full, "%s/%s", path, name);
    int file = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes.ptr, bytes.len), (ssize_t)bytes.len);
    close(file);
}

static void refused(int code, const char *text)
{
    struct state_store *store = NULL;
    struct err err = {0};
    assert_int_equal(state_open(&contract_options, &store, &err), code);
    assert_null(store);
    if (strstr(err.text, text) == NULL) {
        fail_msg("\"%s\" is not in: %s", text, err.text);
    }
}

#define COMMITS 6

/* A journal of COMMITS commits; ends[k] is its length after the first k of them. */
static struct buffer make_journal(struct model *states, size_t *ends)
{
    struct err err = {0};
    contract_options.journal_bytes_max = 0;
    struct state_store *store = contract_open();
    uint64_t random = 5;
    states[0] = model_new();
    struct buffer bytes = read_file("journal");
    ends[0] = bytes.len;
    for (int i = 0; i < COMMITS; i++) {
        struct model_commit made;
        struct state_commit commit = model_commit_draw(&made, &states[i], i % 2, &random);
        assert_int_equal(state_commit(store, &commit, 1, &err), 0);
        states[i + 1] = states[i];
        model_apply(&states[i + 1], &made, commit.mark);
        buffer_release(&bytes);
        bytes = read_file("journal");
        ends[i + 1] = bytes.len;
    }
    state_close(store);
    return bytes;
}

static void a_journal_cut_at_any_byte_is_read_up_to_its_last_whole_commit(void **state)
{
    (void)state;
    struct model states[COMMITS + 1];
    size_t ends[COMMITS + 1];
    struct buffer bytes = make_journal(states, ends);
    assert_true(ends[COMMITS] - ends[0] > 600);
    for (size_t cut = 0; cut < bytes.len; cut++) {
        write_file("journal", str_slice(buffer_str(&bytes), 0, cut));
        if (cut < ends[0]) {
            refused(ERR_DATA, "journal");
            continue;
        }
        size_t whole = 0;
        while (whole < COMMITS && ends[whole + 1] <= cut) {
            whole++;
        }
        for (int i = 0; i < 2; i++) {
            struct state_store *store = contract_open();
            struct model found = model_read(store);
            assert_true(model_equal(&found, &states[whole]));
            state_close(store);
        }
        struct buffer now = read_file("journal");
        assert_int_equal(now.len, ends[whole]);
        buffer_release(&now);
    }
    buffer_release(&bytes);
}

static void a_changed_byte_is_damage_but_in_the_last_commit_a_torn_end(void **state)
{
    (void)state;
    struct model states[COMMITS + 1];
    size_t ends[COMMITS + 1];
    struct buffer bytes = make_journal(states, ends);
    for (size_t at = 0; at < bytes.len; at++) {
        bytes.ptr[at] ^= (char)(1 << at % 8);
        write_file("journal", buffer_str(&bytes));
        bytes.ptr[at] ^= (char)(1 << at % 8);
        if (at < ends[COMMITS - 1]) {
            refused(ERR_DATA, "journal");
            continue;
        }
        struct state_store *store = contract_open();
        struct model found = model_read(store);
        assert_true(model_equal(&found, &states[COMMITS - 1]));
        state_close(store);
    }
    bytes.ptr[ends[2] + 30] ^= 1;
    write_file("journal", buffer_str(&bytes));
    char place[32];
    snprintf(place, sizeof place, "byte %zu: damaged", ends[2]);
    refused(ERR_DATA, place);
    buffer_release(&bytes);
}

static void a_snapshot_that_is_not_whole_is_refused(void **state)
{
    (void)state;
    it_says_what_the_slow_and_obvious_store_says(NULL);
    struct buffer bytes = read_file("snapshot");
    for (size_t cut = 0; cut < bytes.len; cut++) {
        write_file("snapshot", str_slice(buffer_str(&bytes), 0, cut));
        refused(ERR_DATA, "snapshot");
    }
    for (size_t at = 0; at < bytes.len; at++) {
        bytes.ptr[at] ^= (char)(1 << at % 8);
        write_file("snapshot", buffer_str(&bytes));
        bytes.ptr[at] ^= (char)(1 << at % 8);
        refused(ERR_DATA, "snapshot");
    }
    buffer_add_byte(&bytes, '\0');
    write_file("snapshot", buffer_str(&bytes));
    refused(ERR_DATA, "behind the snapshot's end");
    buffer_release(&bytes);
}

static void files_that_do_not_belong_together_are_refused(void **state)
{
    (void)state;
    char snapshot[160];
    snprintf(snapshot, sizeof snapshot, "%s/snapshot", path);
    state_close(contract_open());
    struct buffer first = read_file("journal");
    it_says_what_the_slow_and_obvious_store_says(NULL);
    struct buffer journal = read_file("journal");
    write_file("journal", buffer_str(&first));
    refused(ERR_DATA, "mixed");
    unlinkat(AT_FDCWD, snapshot, 0);
    write_file("journal", buffer_str(&journal));
    refused(ERR_DATA, "mixed");
    write_file("snapshot", buffer_str(&journal));
    refused(ERR_DATA, "not a snapshot");
    buffer_release(&first);
    buffer_release(&journal);
}

static void a_foreign_and_a_newer_file_are_told_apart(void **state)
{
    (void)state;
    state_close(contract_open());
    struct buffer bytes = read_file("journal");
    write_file("journal", STR("2026-01-02 something else of 36 bytes\n"));
    refused(ERR_DATA, "not a file of tocsin's state");
    write_file("journal", STR(""));
    refused(ERR_DATA, "not a file of tocsin's state");
    bytes.ptr[8] = 2;
    write_file("journal", buffer_str(&bytes));
    refused(ERR_DATA, "newer tocsin (format 2, this one reads 1)");
    buffer_release(&bytes);
}

static void a_folder_is_open_once(void **state)
{
    (void)state;
    struct state_store *store = contract_open();
    refused(ERR_IO, "another process");
    state_close(store);
    state_close(contract_open());
}

static void the_memory_limit_refuses_and_goes_on(void **state)
{
    (void)state;
    struct err err = {0};
    contract_options.memory_kbytes_max = 8;
    struct state_store *store = contract_open();
    struct buffer large = {0};
    for (int i = 0; i < 9000; i++) {
        buffer_add_byte(&large, 'x');
    }
    struct state_change change = {.key = STR("a"), .value = buffer_str(&large)};
    struct state_commit commit = contract_commit(STATE_POSITION_NONE, 1, &change);
    assert_int_equal(state_commit(store, &commit, 1, &err), ERR_DATA);
    assert_non_null(strstr(err.text, "8 KiB"));
    change.value.len = 100;
    struct state_commit smaller = contract_commit(STATE_POSITION_NONE, 1, &change);
    assert_int_equal(state_commit(store, &smaller, 1, &err), 0);
    assert_int_equal(smaller.result, STATE_COMMITTED);
    buffer_release(&large);
    state_close(store);
}

static void wrong_options_are_told(void **state)
{
    (void)state;
    contract_options.kind = "paper";
    refused(ERR_CONFIG, "\"paper\"");
    contract_options.kind = "local";
    contract_options.path = NULL;
    refused(ERR_CONFIG, "path");
    contract_options.path = "/nonexistent/folder/state";
    refused(ERR_IO, "/nonexistent/folder/state");
}

/* The child commits counters until it is killed and tells each answer. */
static void commit_for_ever(int answers)
{
    struct state_store *store = contract_open();
    struct err err;
    struct state_position base = STATE_POSITION_NONE;
    for (int64_t i = 1;; i++) {
        char text[24];
        int len = snprintf(text, sizeof text, "%lld", (long long)i);
        struct state_change change = {STR("n"), {text, (size_t)len}, false};
        struct state_commit commit = contract_commit(base, i, &change);
        if (state_commit(store, &commit, 1, &err) != 0 || commit.result != STATE_COMMITTED ||
            write(answers, &i, sizeof i) != sizeof i) {
            _exit(1);
        }
        base = commit.position;
    }
}

static void a_killed_process_leaves_all_that_was_answered(void **state)
{
    (void)state;
    struct err err = {0};
    for (unsigned round = 0; round < 8; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        tear_down(NULL);
        set_up(NULL);
        pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            commit_for_ever(ends[1]);
        }
        close(ends[1]);
        int64_t answered = 0;
        for (int64_t seen = 0; seen < 20 + round * 9; seen++) {
            assert_int_equal(read(ends[0], &answered, sizeof answered), sizeof answered);
        }
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(ends[0], &answered, sizeof answered) == sizeof answered) {
        }
        close(ends[0]);
        struct state_store *store = contract_open();
        struct state_position position;
        assert_int_equal(state_position_get(store, STR("trail/0"), &position, &err), 0);
        assert_true(position.offset == answered || position.offset == answered + 1);
        char text[24];
        snprintf(text, sizeof text, "%lld", (long long)position.offset);
        contract_cell_is(store, "n", text);
        state_close(store);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CONTRACT_TESTS(TEST),
        TEST(a_journal_cut_at_any_byte_is_read_up_to_its_last_whole_commit),
        TEST(a_changed_byte_is_damage_but_in_the_last_commit_a_torn_end),
        TEST(a_snapshot_that_is_not_whole_is_refused),
        TEST(files_that_do_not_belong_together_are_refused),
        TEST(a_foreign_and_a_newer_file_are_told_apart),
        TEST(a_folder_is_open_once),
        TEST(the_memory_limit_refuses_and_goes_on),
        TEST(wrong_options_are_told),
        TEST(a_killed_process_leaves_all_that_was_answered),
    };
    return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
