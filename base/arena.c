/* SPDX-License-Identifier: Apache-2.0
 *
 * arena.c - see arena.h. A list of chunks; reset rewinds to the first and frees the oversized.
 */
#include "base/arena.h"

#include "base/ensure.h"
#include "base/limits.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size)   ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#define ALIGNMENT _Alignof(max_align_t)

struct chunk {
    struct chunk *next;
    size_t size;
    size_t used;
    _Alignas(max_align_t) char bytes[];
};

struct arena {
    size_t chunk_bytes;
    struct chunk *first;
    struct chunk *current;
    struct chunk *oversized;
};

static struct chunk *chunk_new(size_t size)
{
    size_t bytes = 0;
    ENSURE(!__builtin_add_overflow(size, sizeof(struct chunk), &bytes));
    struct chunk *chunk = memory_resize(NULL, bytes, 1);
    *chunk = (struct chunk){.size = size};
    ASAN_POISON_MEMORY_REGION(chunk->bytes, size);
    return chunk;
}

static void chunks_free(struct chunk *chunk)
{
    while (chunk != NULL) {
        struct chunk *next = chunk->next;
        ASAN_UNPOISON_MEMORY_REGION(chunk->bytes, chunk->size);
        memory_free(chunk);
        chunk = next;
    }
}

struct arena *arena_new(size_t chunk_bytes)
{
    struct arena *arena = memory_new(1, sizeof *arena);
    arena->chunk_bytes = chunk_bytes > 0 ? chunk_bytes : (size_t)LIMIT_ARENA_CHUNK_BYTES;
    arena->first = chunk_new(arena->chunk_bytes);
    arena->current = arena->first;
    return arena;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    chunks_free(arena->first);
    chunks_free(arena->oversized);
    memory_free(arena);
}

void arena_reset(struct arena *arena)
{
    chunks_free(arena->oversized);
    arena->oversized = NULL;
    for (struct chunk *chunk = arena->first; chunk != NULL; chunk = chunk->next) {
        chunk->used = 0;
        ASAN_POISON_MEMORY_REGION(chunk->bytes, chunk->size);
    }
    arena->current = arena->first;
}

static void *take_oversized(struct arena *arena, size_t size)
{
    struct chunk *chunk = chunk_new(size);
    chunk->used = size;
    chunk->next = arena->oversized;
    arena->oversized = chunk;
    ASAN_UNPOISON_MEMORY_REGION(chunk->bytes, size);
    return chunk->bytes;
}

void *arena_take(struct arena *arena, size_t size)
{
    size_t rounded = 0;
    ENSURE(!__builtin_add_overflow(size, ALIGNMENT - 1, &rounded));
    rounded &= ~(ALIGNMENT - 1);
    struct chunk *chunk = arena->current;
    if (chunk->size - chunk->used < rounded) {
        if (rounded > arena->chunk_bytes) {
            return take_oversized(arena, rounded);
        }
        if (chunk->next == NULL) {
            chunk->next = chunk_new(arena->chunk_bytes);
        }
        chunk = chunk->next;
        arena->current = chunk;
    }
    void *memory = chunk->bytes + chunk->used;
    chunk->used += rounded;
    ASAN_UNPOISON_MEMORY_REGION(memory, size);
    return memory;
}

void *arena_take_zeroed(struct arena *arena, size_t count, size_t size)
{
    size_t bytes = 0;
    ENSURE(!__builtin_mul_overflow(count, size, &bytes));
    void *memory = arena_take(arena, bytes);
    memset(memory, 0, bytes);
    return memory;
}

void *arena_grow(struct arena *arena, void *items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity) {
        return items;
    }
    *capacity = *capacity == 0 ? 4 : *capacity * 2;
    void *grown = arena_take_zeroed(arena, *capacity, size);
    if (count > 0) {
        memcpy(grown, items, count * size);
    }
    return grown;
}

struct str arena_copy(struct arena *arena, struct str s)
{
    char *copy = arena_take(arena, s.len + 1);
    if (s.len > 0) {
        memcpy(copy, s.ptr, s.len);
    }
    copy[s.len] = '\0';
    return (struct str){copy, s.len};
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    ENSURE(len >= 0);
    char *text = arena_take(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return (struct str){text, (size_t)len};
}

size_t arena_bytes_held(const struct arena *arena)
{
    size_t bytes = 0;
    for (const struct chunk *chunk = arena->first; chunk != NULL; chunk = chunk->next) {
        bytes += chunk->size;
    }
    for (const struct chunk *chunk = arena->oversized; chunk != NULL; chunk = chunk->next) {
        bytes += chunk->size;
    }
    return bytes;
}
