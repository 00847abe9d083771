/* SPDX-License-Identifier: Apache-2.0
 *
 * state_redis_command.c - see state_redis_internal.h: commands put together, replies taken apart.
 */
#include "analyze/state/state_redis_internal.h"

#include "base/ensure.h"
#include "base/memory.h"

void redis_command_begin(struct redis_command *command, size_t parts, size_t bytes)
{
    *command = (struct redis_command){.parts = memory_new(parts, sizeof(struct str))};
    buffer_reserve(&command->bytes, bytes + 1);
}

void redis_command_release(struct redis_command *command)
{
    memory_free(command->parts);
    buffer_release(&command->bytes);
}

void redis_command_add(struct redis_command *command, struct str part)
{
    command->parts[command->count++] = part;
}

void redis_command_join(struct redis_command *command, struct str before, struct str part)
{
    size_t from = command->bytes.len;
    ENSURE(command->bytes.capacity - from > before.len + part.len);
    buffer_add(&command->bytes, before);
    buffer_add(&command->bytes, part);
    redis_command_add(command, str_slice(buffer_str(&command->bytes), from, SIZE_MAX));
}

void redis_command_position(struct redis_command *command, struct state_position position)
{
    char text[48];
    int len = snprintf(text, sizeof text, "%lld %llu", (long long)position.offset,
                       (unsigned long long)position.mark);
    bool none = position.offset == STATE_OFFSET_NONE;
    redis_command_join(command, STR(""), (struct str){text, none ? 0 : (size_t)len});
}

bool redis_parse_position(struct str text, struct state_position *position)
{
    size_t space = str_find_byte(text, ' ');
    if (text.len == 0) {
        *position = STATE_POSITION_NONE;
        return true;
    }
    return space != STR_NOT_FOUND && str_to_i64(str_slice(text, 0, space), &position->offset) &&
           str_to_u64(str_slice(text, space + 1, SIZE_MAX), &position->mark) &&
           position->offset >= 0 && position->mark != 0;
}

void redis_command_key(struct redis_command *command, const struct redis_link *link,
                       struct str partition)
{
    size_t from = command->bytes.len;
    redis_command_join(command, str_of(link->prefix), STR(":p:"));
    buffer_add(&command->bytes, partition);
    command->parts[command->count - 1] = str_slice(buffer_str(&command->bytes), from, SIZE_MAX);
}

struct str redis_reply_str(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? (struct str){reply->str, reply->len} : STR("");
}

int redis_tell_foreign(const struct redis_link *link, struct str partition, struct err *err)
{
    return err_set(err, ERR_DATA, "Redis at %s: %s:p:%.*s is not a partition's state",
                   link->address, link->prefix, STR_ARG(partition));
}

void redis_command_sweep(struct redis_command *command, const struct redis_link *link,
                         struct str partition)
{
    redis_command_add(command, STR("EVALSHA"));
    redis_command_add(command, str_of(link->hashes[SCRIPT_SWEEP]));
    redis_command_add(command, STR("1"));
    redis_command_key(command, link, partition);
}
