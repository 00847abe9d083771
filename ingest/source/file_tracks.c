/* SPDX-License-Identifier: Apache-2.0
 *
 * file_tracks.c - see file_tracks.h.
 */
#include "ingest/source/file_tracks.h"

#include "base/ensure.h"
#include "base/memory.h"

#include <sys/stat.h>

struct track {
    struct file_place place; /* where it was delivered to, once something was */
    bool kept;               /* it has a place: no pipe, and not cut since */
    bool failed;             /* could not be read to its end */
};

struct file_tracks {
    struct file_places *places;
    struct track *items;
    uint32_t count;
    uint32_t capacity;
    bool gzip;
};

struct file_tracks *file_tracks_new(struct file_places *places, bool gzip)
{
    struct file_tracks *tracks = memory_new(1, sizeof *tracks);
    tracks->places = places;
    tracks->gzip = gzip;
    return tracks;
}

void file_tracks_free(struct file_tracks *tracks)
{
    if (tracks != NULL) {
        memory_free(tracks->items);
        memory_free(tracks);
    }
}

static struct track *track_of(struct file_tracks *tracks, const struct stream *stream)
{
    ENSURE(stream->id < tracks->count);
    return &tracks->items[stream->id];
}

void file_tracks_add(struct file_tracks *tracks, const struct file_input *input,
                     const struct file_place *place)
{
    if (tracks == NULL) {
        return;
    }
    ENSURE(input->stream->id == tracks->count);
    MEMORY_GROW(tracks->items, tracks->count, tracks->capacity);
    struct track *track = &tracks->items[tracks->count++];
    *track = (struct track){.kept = !input->is_pipe};
    if (place != NULL) {
        track->place = *place;
        track->place.done = false;
    } else {
        track->place.device = input->device;
        track->place.inode = input->inode;
        track->place.born_ns = file_place_born(input->descriptor);
    }
}

static void note(struct file_tracks *tracks, const struct stream *stream)
{
    file_places_note(tracks->places, str_of(stream->name), &track_of(tracks, stream)->place);
}

void file_tracks_skip_to(struct file_tracks *tracks, const struct file_input *input,
                         uint64_t offset)
{
    if (tracks != NULL) {
        struct track *track = track_of(tracks, input->stream);
        file_place_hash_head(&track->place, input->descriptor, offset);
        track->place.offset = offset;
        note(tracks, input->stream);
    }
}

void file_tracks_read(struct file_tracks *tracks, const struct file_input *input, uint64_t bytes)
{
    struct track *track = tracks != NULL ? track_of(tracks, input->stream) : NULL;
    if (track != NULL && track->place.head_len < FILE_PLACE_HEAD_BYTES && !input->is_pipe) {
        track->place.gzip = input->gzip;
        file_place_hash_head(&track->place, input->descriptor, bytes);
    }
}

void file_tracks_end(struct file_tracks *tracks, const struct file_input *input)
{
    struct stat status;
    if (tracks != NULL && fstat(input->descriptor, &status) == 0 && status.st_size > 0) {
        track_of(tracks, input->stream)->place.end_size = (uint64_t)status.st_size;
    }
}

void file_tracks_fail(struct file_tracks *tracks, const struct file_input *input)
{
    if (tracks != NULL) {
        track_of(tracks, input->stream)->failed = true;
    }
}

void file_tracks_cut(struct file_tracks *tracks, const struct file_input *input)
{
    if (tracks != NULL) {
        track_of(tracks, input->stream)->kept = false;
        file_places_forget(tracks->places, input->device, input->inode);
    }
}

bool file_tracks_deliver(struct file_tracks *tracks, const struct chunk *chunk)
{
    struct track *track = tracks != NULL ? track_of(tracks, chunk->stream) : NULL;
    if (track == NULL || !track->kept || (track->place.gzip && !tracks->gzip)) {
        return false;
    }
    if (chunk->end && track->failed) {
        return false; /* the rest may be read after a restart */
    }
    track->place.offset = chunk->next_offset;
    track->place.mark = chunk->next_mark;
    track->place.done = chunk->end;
    note(tracks, chunk->stream);
    return true;
}
