/* SPDX-License-Identifier: Apache-2.0
 *
 * file_moved.c - see file_moved.h.
 */
#include "ingest/source/file_moved.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Does name, in folder, have what the place says? */
static bool is_it(const struct file_places *places, const struct file_place *place, int folder,
                  const char *name)
{
    struct stat status;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode) ||
        (uint64_t)status.st_dev != place->device || (uint64_t)status.st_ino != place->inode) {
        return false;
    }
    int descriptor = openat(folder, name, O_RDONLY | O_CLOEXEC);
    bool found = descriptor >= 0 &&
                 file_places_find(places, place->device, place->inode, descriptor).place == place;
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return found;
}

enum file_moved file_moved_find(const struct file_places *places, const struct file_place *place,
                                struct str name, struct buffer *path)
{
    size_t folder_len = name.len;
    while (folder_len > 0 && name.ptr[folder_len - 1] != '/') {
        folder_len--;
    }
    struct str folder = folder_len > 0 ? str_slice(name, 0, folder_len) : STR("./");
    size_t start = path->len;
    buffer_add(path, folder);
    buffer_add_byte(path, '\0');
    DIR *directory = opendir(path->ptr + start);
    path->len = start;
    if (directory == NULL) {
        return FILE_MOVED_FOLDER_GONE;
    }
    bool found = false;
    for (struct dirent *entry = NULL; !found && (entry = readdir(directory)) != NULL;) {
        found = is_it(places, place, dirfd(directory), entry->d_name);
        if (found) {
            buffer_add(path, str_slice(name, 0, folder_len));
            buffer_add(path, str_of(entry->d_name));
            buffer_add_byte(path, '\0');
        }
    }
    closedir(directory);
    return found ? FILE_MOVED_FOUND : FILE_MOVED_GONE;
}
