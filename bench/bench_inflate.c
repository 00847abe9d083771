/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_inflate.c - the yardstick for .gz input: zlib's bare inflate of the same file.
 *
 * bench_inflate FILE.gz: reads blocks of 256 KiB, inflates all members, looks at nothing. Prints
 * the bytes that came out.
 */
#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define BLOCK_BYTES 262144U

/* Inflates what is in the stream; the bytes, or -1 when it is no gzip. */
static long long inflate_block(z_stream *stream, unsigned char *out)
{
    long long total = 0;
    while (stream->avail_in > 0) {
        stream->next_out = out;
        stream->avail_out = BLOCK_BYTES;
        int status = inflate(stream, Z_NO_FLUSH);
        total += BLOCK_BYTES - stream->avail_out;
        if (status == Z_STREAM_END) {
            status = inflateReset(stream);
        }
        if (status != Z_OK) {
            return -1;
        }
    }
    return total;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: bench_inflate FILE.gz\n");
        return 2;
    }
    setvbuf(file, NULL, _IONBF, 0);
    unsigned char *in = memory_new(BLOCK_BYTES, 1);
    unsigned char *out = memory_new(BLOCK_BYTES, 1);
    z_stream stream = {0};
    long long total = 0;
    if (inflateInit2(&stream, 15 + 16) != Z_OK) {
        return 3;
    }
    for (size_t len = 0; (len = fread(in, 1, BLOCK_BYTES, file)) > 0;) {
        stream.next_in = in;
        stream.avail_in = (uInt)len;
        long long got = inflate_block(&stream, out);
        if (got < 0) {
            fprintf(stderr, "%s: not gzip\n", argv[1]);
            return 3;
        }
        total += got;
    }
    inflateEnd(&stream);
    fclose(file);
    memory_free(in);
    memory_free(out);
    printf("%lld bytes\n", total);
    return 0;
}
