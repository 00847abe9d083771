/* SPDX-License-Identifier: Apache-2.0
 *
 * file_moved.c - see file_moved.h.
 */
#include "ingest/source/file_moved.h"

#include "base/map.h"
#include "base/memory.h"

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

/* The folder part of name, its slash included; empty: the working folder. */
static struct str folder_of(struct str name)
{
    size_t len = name.len;
    while (len > 0 && name.ptr[len - 1] != '/') {
        len--;
    }
    return str_slice(name, 0, len);
}

static DIR *open_folder(struct str folder)
{
    char *path = memory_copy_str(folder.len > 0 ? folder : STR("./"));
    DIR *directory = opendir(path);
    memory_free(path);
    return directory;
}

enum file_moved file_moved_find(const struct file_places *places, const struct file_place *place,
                                struct str name, struct buffer *path)
{
    DIR *directory = open_folder(folder_of(name));
    if (directory == NULL) {
        return FILE_MOVED_FOLDER_GONE;
    }
    bool found = false;
    for (struct dirent *entry = NULL; !found && (entry = readdir(directory)) != NULL;) {
        found = is_it(places, place, dirfd(directory), entry->d_name);
        if (found) {
            buffer_add(path, folder_of(name));
            buffer_add(path, str_of(entry->d_name));
            buffer_add_byte(path, '\0');
        }
    }
    closedir(directory);
    return found ? FILE_MOVED_FOUND : FILE_MOVED_GONE;
}

static void add_key(struct map *there, const struct stat *status)
{
    struct file_key key = {(uint64_t)status->st_dev, (uint64_t)status->st_ino};
    map_set(there, (struct str){(const char *)&key, sizeof key}, 1);
}

void file_moved_prune(struct file_places *places, struct str name, char *const *paths,
                      uint32_t count)
{
    DIR *directory = open_folder(folder_of(name));
    if (directory == NULL) {
        return;
    }
    struct map *there = map_new();
    struct stat status;
    for (struct dirent *entry = NULL; (entry = readdir(directory)) != NULL;) {
        if (fstatat(dirfd(directory), entry->d_name, &status, 0) == 0) {
            add_key(there, &status);
        }
    }
    closedir(directory);
    for (uint32_t i = 0; i < count; i++) {
        if (stat(paths[i], &status) == 0) {
            add_key(there, &status);
        }
    }
    const struct file_place *place = NULL;
    struct str its_name;
    for (uint32_t i = 0; (place = file_places_at(places, &i, &its_name)) != NULL;) {
        struct file_key key = {place->device, place->inode};
        if (place->done && str_equal(its_name, name) &&
            map_get(there, (struct str){(const char *)&key, sizeof key}) == MAP_NONE) {
            file_places_forget(places, key.device, key.inode);
        }
    }
    map_free(there);
}
