/* SPDX-License-Identifier: Apache-2.0
 *
 * source.c - see source.h: what all sources share.
 */
#include "ingest/source/source.h"

#include "base/memory.h"
#include "base/timestamp.h"

int source_open(struct source *source, const struct source_options *options, struct err *err)
{
    *source = (struct source){0};
    for (int i = 0; source_table[i] != NULL; i++) {
        if (strcmp(source_table[i]->name, options->kind) == 0) {
            source->ops = source_table[i];
            int failed = source->ops->open(source, options, err);
            if (failed != 0) {
                source_close(source);
            }
            return failed;
        }
    }
    return err_set(err, ERR_CONFIG,
                   "there is no source of kind '%s'; `tocsin version --sources` "
                   "lists those there are",
                   options->kind);
}

void source_close(struct source *source)
{
    if (source->ops != NULL && source->state != NULL) {
        source->ops->close(source);
    }
    for (uint32_t i = 0; i < source->streams_count; i++) {
        struct stream *stream = source->streams[i];
        framer_free(stream->framer);
        buffer_release(&stream->carry);
        memory_free((void *)(uintptr_t)stream->name);
        memory_free(stream);
    }
    memory_free(source->streams);
    *source = (struct source){0};
}

struct stream *source_add_stream(struct source *source, const struct source_options *options,
                                 const char *name, int32_t partition)
{
    struct stream *stream = memory_new(1, sizeof *stream);
    stream->id = source->streams_count;
    stream->source = source->ops->name;
    stream->name = memory_copy_str(str_of(name));
    stream->partition = partition;
    stream->decoder = options->decoder;
    stream->logsource = options->logsource;
    stream->reference_ns = TIMESTAMP_NONE;
    stream->framer = framer_new(&options->framing);
    stream->lag = -1;
    MEMORY_GROW(source->streams, source->streams_count, source->streams_capacity);
    source->streams[source->streams_count++] = stream;
    return stream;
}

const char *source_decoder(const struct source_options *options, const char *name)
{
    for (uint32_t i = 0; options->topic_decoders != NULL && i < options->topics_count; i++) {
        if (options->topic_decoders[i] != NULL && strcmp(options->topics[i], name) == 0) {
            return options->topic_decoders[i];
        }
    }
    return options->decoder;
}

uint32_t source_logsource(const struct source_options *options, const char *name)
{
    for (uint32_t i = 0; options->topic_logsources != NULL && i < options->topics_count; i++) {
        if (options->topic_logsources[i] != 0 && strcmp(options->topics[i], name) == 0) {
            return options->topic_logsources[i];
        }
    }
    return options->logsource;
}
