/* SPDX-License-Identifier: Apache-2.0
 *
 * folder.c - see folder.h.
 */
#include "base/folder.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int folder_sync(const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    struct str folder = slash == NULL ? STR(".") : (struct str){path, len > 0 ? len : 1};
    char *name = memory_copy_str(folder);
    int descriptor = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = 0;
    /* EINVAL: a file system whose folders can not be synced. */
    if (descriptor < 0 || (fsync(descriptor) != 0 && errno != EINVAL)) {
        failed = err_set(err, ERR_IO, "%s can not be put on the disk: %s", name, strerror(errno));
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    memory_free(name);
    return failed;
}
