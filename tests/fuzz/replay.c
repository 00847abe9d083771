/* SPDX-License-Identifier: Apache-2.0
 *
 * replay.c - main for a fuzz target where libFuzzer is not linked: feeds it every file of the
 * folders given, so that old findings and seeds are tests in every build.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    struct stat status;
    if (fstat(fileno(file), &status) != 0) {
        fclose(file);
        return 1;
    }
    size_t size = (size_t)status.st_size;
    uint8_t *data = malloc(size > 0 ? size : 1);
    size_t got = data == NULL ? 0 : fread(data, 1, size, file);
    fclose(file);
    if (got != size || data == NULL) {
        free(data);
        return 1;
    }
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (folder == NULL) {
            perror(argv[i]);
            return 1;
        }
        for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
            char path[4096];
            if (entry->d_name[0] == '.') {
                continue;
            }
            snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            if (replay_file(path) != 0) {
                closedir(folder);
                return 1;
            }
            count++;
        }
        closedir(folder);
    }
    printf("%u seeds replayed\n", count);
    return count > 0 ? 0 : 1;
}
