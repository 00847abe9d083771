/* SPDX-License-Identifier: Apache-2.0
 *
 * secret.c - see secret.h.
 */
#include "base/secret.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_BYTES = 65536 };

int secret_read(const char *value, struct buffer *secret, struct err *err)
{
    if (!str_starts_with(str_of(value), STR("file:"))) {
        buffer_add_text(secret, value);
        return 0;
    }
    const char *path = value + 5;
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        return err_set(err, ERR_CONFIG, "can not open the secret's file %s", path);
    }
    char bytes[SECRET_BYTES];
    ssize_t len = -1;
    int failed = 0;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        failed = err_set(err, ERR_CONFIG, "%s is no regular file", path);
    } else if ((status.st_mode & 077) != 0) {
        failed = err_set(err, ERR_CONFIG, "others may read %s; chmod 0400 it", path);
    } else {
        len = read(file, bytes, SECRET_BYTES);
    }
    close(file);
    if (failed == 0 && (len <= 0 || len == SECRET_BYTES)) {
        failed = err_set(err, ERR_CONFIG, "%s is empty or too long for a secret", path);
    }
    if (failed == 0) {
        buffer_add(secret, str_trim((struct str){bytes, (size_t)len}));
    }
    explicit_bzero(bytes, sizeof bytes);
    return failed;
}
