/* SPDX-License-Identifier: Apache-2.0
 *
 * rules_watch.c - see rules_watch.h.
 *
 * Of a file its folder is watched: editors replace files, and Kubernetes replaces the link `..data`
 * that a mounted file is reached through.
 */
#include "cli/rules_watch.h"

#include "base/memory.h"
#include "base/str.h"

#include <errno.h>
#include <fts.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS                                                                                     \
    (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |       \
     IN_MOVE_SELF | IN_ATTRIB)

struct rules_watch {
    const char *const *paths; /* borrowed */
    uint32_t paths_count;
    int descriptor;
    bool pending;
    int64_t first_ns; /* of the changes that are pending */
    int64_t last_ns;
};

static int watch_folder(int descriptor, const char *path, struct err *err)
{
    if (inotify_add_watch(descriptor, path, EVENTS) >= 0 || errno == ENOENT || errno == ENOTDIR) {
        return 0; /* what is gone by now has made an event in the folder above */
    }
    if (errno == ENOSPC) {
        return err_set(err, ERR_IO,
                       "%s: no more folders can be watched; raise fs.inotify.max_user_watches, or "
                       "set rules.watch: false and send SIGHUP after changes",
                       path);
    }
    return err_set(err, ERR_IO, "%s: can not be watched: %s", path, strerror(errno));
}

static int watch_tree(int descriptor, char *path, struct err *err)
{
    char *roots[] = {path, NULL};
    FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
    int failed = 0;
    if (tree == NULL) {
        return err_set(err, ERR_IO, "%s: can not be read: %s", path, strerror(errno));
    }
    for (FTSENT *entry; failed == 0 && (entry = fts_read(tree)) != NULL;) {
        if (entry->fts_info != FTS_D) {
            continue;
        }
        if (entry->fts_level > 0 && entry->fts_name[0] == '.') {
            (void)fts_set(tree, entry, FTS_SKIP);
            continue;
        }
        failed = watch_folder(descriptor, entry->fts_path, err);
    }
    (void)fts_close(tree);
    return failed;
}

static int watch_path(int descriptor, const char *path, struct err *err)
{
    struct stat status;
    char *copy = memory_copy_str(str_of(path));
    bool folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    int failed =
        folder ? watch_tree(descriptor, copy, err) : watch_folder(descriptor, dirname(copy), err);
    memory_free(copy);
    return failed;
}

/* A descriptor with all of the paths' folders as they are now. */
static int watch_all(const struct rules_watch *watch, int *descriptor, struct err *err)
{
    *descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (*descriptor < 0) {
        return err_set(err, ERR_IO,
                       "rule files can not be watched: %s; set rules.watch: false and "
                       "send SIGHUP after changes",
                       strerror(errno));
    }
    int failed = 0;
    for (uint32_t i = 0; i < watch->paths_count && failed == 0; i++) {
        failed = watch_path(*descriptor, watch->paths[i], err);
    }
    if (failed != 0) {
        (void)close(*descriptor);
        *descriptor = -1;
    }
    return failed;
}

int rules_watch_new(const char *const *paths, uint32_t paths_count, struct rules_watch **watch,
                    struct err *err)
{
    struct rules_watch *made = memory_new(1, sizeof *made);
    made->paths = paths;
    made->paths_count = paths_count;
    int failed = watch_all(made, &made->descriptor, err);
    if (failed != 0) {
        memory_free(made);
        made = NULL;
    }
    *watch = made;
    return failed;
}

void rules_watch_free(struct rules_watch *watch)
{
    if (watch != NULL) {
        (void)close(watch->descriptor);
        memory_free(watch);
    }
}

/* Rules, lists, folders, and the link through which a mounted folder is exchanged. Not what editors
 * keep beside the file that they write. */
static bool matters(const struct inotify_event *event)
{
    static const char *const endings[] = {".yml", ".yaml", ".txt", ".csv"};
    if ((event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
        return true;
    }
    struct str name = event->len > 0 ? str_of(event->name) : (struct str){"", 0};
    if (str_equal(name, STR("..data"))) {
        return true;
    }
    bool hidden = name.len == 0 || name.ptr[0] == '.';
    if (hidden || (event->mask & IN_ISDIR) != 0) {
        /* A folder's own attributes are nobody's rule. */
        return !hidden && (event->mask & IN_ATTRIB) == 0;
    }
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (str_ends_with(name, str_of(endings[i]))) {
            return true;
        }
    }
    return false;
}

static bool read_events(const struct rules_watch *watch)
{
    union {
        struct inotify_event event; /* for its alignment */
        char bytes[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
    } buffer;
    bool any = false;
    ssize_t len = 0;
    while ((len = read(watch->descriptor, buffer.bytes, sizeof buffer.bytes)) > 0) {
        for (size_t at = 0; at < (size_t)len;) {
            const struct inotify_event *event = (const void *)(buffer.bytes + at);
            any = any || matters(event);
            at += sizeof *event + event->len;
        }
    }
    return any;
}

bool rules_watch_changed(struct rules_watch *watch, int64_t now_ns, struct err *err)
{
    if (read_events(watch)) {
        watch->first_ns = watch->pending ? watch->first_ns : now_ns;
        watch->last_ns = now_ns;
        watch->pending = true;
    }
    if (!watch->pending || (now_ns - watch->last_ns < RULES_WATCH_QUIET_NS &&
                            now_ns - watch->first_ns < RULES_WATCH_WAIT_NS)) {
        return false;
    }
    int descriptor = -1;
    if (watch_all(watch, &descriptor, err) == 0) {
        (void)close(watch->descriptor);
        watch->descriptor = descriptor;
    }
    watch->pending = false;
    return true;
}
