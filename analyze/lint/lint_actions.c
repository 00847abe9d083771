/* SPDX-License-Identifier: Apache-2.0
 *
 * lint_actions.c - the actions that AWS has, and which events CloudTrail has besides them. What
 * AWS does not publish is taken as possible: services of which many events are no API calls are in
 * open_sources, single ones in events.
 */
#include "analyze/lint/lint_actions_internal.h"

#include "base/memory.h"
#include "base/suggest.h"

/* A line "=a b" begins the actions of the sources a and b. */
static const char *const lines[] = {
#include "analyze/lint/aws_actions.inc"
};
#define LINES (sizeof lines / sizeof lines[0])

/* Sources whose events are for a great part no API calls: any name is possible. */
static const char *const open_sources[] = {
    "backup",   "cloudhsm",      "cognito-idp", "controltower", "ec2messages",
    "eks",      "health",        "macie2",      "quicksight",   "signin",
    "sso",      "sso-directory", "ssmmessages", "support",      "transfer",
    "workdocs", "workmail",      "workspaces",  NULL,
};

/* Events that are no API calls of a model, as far as AWS documents them. */
static const char *const events[] = {
    /* signin: for rules that do not name the source */
    "ConsoleLogin",
    "CheckMfa",
    "SwitchRole",
    "ExitRole",
    "RenewRole",
    "CredentialChallenge",
    "CredentialVerification",
    "UserAuthentication",
    "GetSigninToken",
    "PasswordRecoveryRequested",
    "PasswordRecoveryCompleted",
    "PasswordUpdated",
    "EmailUpdated",
    /* IAM Identity Center */
    "AssociateDirectory",
    "DisassociateDirectory",
    "AssociateProfile",
    "DisassociateProfile",
    "Authenticate",
    "Federate",
    "Logout",
    "StartSSO",
    "CreateProfile",
    "UpdateProfile",
    "DeleteProfile",
    "EnableExternalIdPConfigurationForDirectory",
    "DisableExternalIdPConfigurationForDirectory",
    "CreateExternalIdPConfigurationForDirectory",
    "UpdateExternalIdPConfigurationForDirectory",
    "DeleteExternalIdPConfigurationForDirectory",
    "UpdateMfaDeviceForUser",
    "DeleteMfaDeviceForUser",
    "UpdatePassword",
    "CompleteVirtualMfaDeviceRegistration",
    "CompleteWebAuthnDeviceRegistration",
    /* S3: CloudTrail's own names of requests */
    "PostObject",
    "OptionsObject",
    "PreflightObject",
    "ReplicateObject",
    "GetBucketPublicAccessBlock",
    "PutBucketPublicAccessBlock",
    "DeleteBucketPublicAccessBlock",
    "GetAccountPublicAccessBlock",
    "PutAccountPublicAccessBlock",
    "DeleteAccountPublicAccessBlock",
    "GetBucketObjectLockConfiguration",
    "PutBucketObjectLockConfiguration",
    "GetBucketOwnershipControls",
    "PutBucketOwnershipControls",
    "DeleteBucketOwnershipControls",
    /* Systems Manager's agent */
    "RegisterManagedInstance",
    "OpenControlChannel",
    "OpenDataChannel",
    "CreateControlChannel",
    "CreateDataChannel",
    "UpdateInstanceInformation",
    "RequestManagedInstanceRoleToken",
    "PutConfigurePackageResult",
    "UpdateInstanceAssociationStatus",
    "ListInstanceAssociations",
    "GetManifest",
    /* others: events of the service itself */
    "BidEvictedEvent",
    "BidFulfilledEvent",
    "SharedSnapshotCopyInitiated",
    "SharedSnapshotVolumeCreated",
    "RotateKey",
    "DeleteKey",
    "SynchronizeMultiRegionKey",
    "RotationStarted",
    "RotationSucceeded",
    "RotationFailed",
    "RotationAbandoned",
    "StartSecretVersionDelete",
    "CancelSecretVersionDelete",
    "EndSecretVersionDelete",
    "CreateAccountResult",
    "PolicyExecutionEvent",
    "Poll",
    "StartTelemetrySession",
    "NewClientConnection",
    "Invoke",
    "InvokeExecution",
    NULL,
};

struct lint_group {
    uint32_t first; /* of names */
    uint32_t end;
};

struct lint_actions {
    struct arena *arena;
    struct map *sources;  /* "iam" -> group; folded */
    struct map *known;    /* folded name -> 0, of any source */
    struct str *names;    /* folded */
    const char **written; /* the same as AWS writes it, up to a space */
    uint32_t names_count;
    uint32_t names_capacity;
    struct lint_group *groups;
    uint32_t groups_count;
    uint32_t groups_capacity;
};

static struct str next_word(struct str *line)
{
    size_t end = str_find_byte(*line, ' ');
    struct str word = str_slice(*line, 0, end);
    *line = end == STR_NOT_FOUND ? (struct str){"", 0} : str_slice(*line, end + 1, line->len);
    return word;
}

static void add_sources(struct lint_actions *actions, struct str line)
{
    MEMORY_GROW(actions->groups, actions->groups_count, actions->groups_capacity);
    actions->groups[actions->groups_count] =
        (struct lint_group){actions->names_count, actions->names_count};
    while (line.len > 0) {
        map_set(actions->sources, rule_fold(actions->arena, next_word(&line)),
                actions->groups_count);
    }
    actions->groups_count++;
}

static void add_name(struct lint_actions *actions, struct str name)
{
    struct str folded = rule_fold(actions->arena, name);
    if (actions->names_count == actions->names_capacity) {
        actions->names_capacity = actions->names_capacity * 2 + 1024;
        actions->names =
            memory_resize(actions->names, actions->names_capacity, sizeof *actions->names);
        actions->written = memory_resize((void *)actions->written, actions->names_capacity,
                                         sizeof *actions->written);
    }
    actions->names[actions->names_count] = folded;
    actions->written[actions->names_count++] = name.ptr;
    map_set(actions->known, folded, 0);
}

struct lint_actions *lint_actions_new(void)
{
    struct lint_actions *actions = memory_new(1, sizeof *actions);
    actions->arena = arena_new(0);
    actions->sources = map_new();
    actions->known = map_new();
    for (const char *const *event = events; *event != NULL; event++) {
        add_name(actions, str_of(*event));
    }
    for (size_t i = 0; i < LINES; i++) {
        struct str line = str_of(lines[i]);
        if (line.ptr[0] == '=') {
            add_sources(actions, str_slice(line, 1, line.len));
            continue;
        }
        while (line.len > 0) {
            add_name(actions, next_word(&line));
        }
        actions->groups[actions->groups_count - 1].end = actions->names_count;
    }
    return actions;
}

void lint_actions_free(struct lint_actions *actions)
{
    if (actions != NULL) {
        map_free(actions->sources);
        map_free(actions->known);
        memory_free(actions->names);
        memory_free((void *)actions->written);
        memory_free(actions->groups);
        arena_free(actions->arena);
        memory_free(actions);
    }
}

/* The name without the API's version: CreateFunction20150331, UpdateFunctionCode20150331v2,
 * CreateDistribution2020_05_31. */
static struct str without_version(struct str name)
{
    size_t at = str_find(name, STR("20"));
    for (size_t i = at; at != STR_NOT_FOUND && i < name.len; i++) {
        bool fits = byte_is_digit(name.ptr[i]) || name.ptr[i] == '_' || name.ptr[i] == 'v';
        at = fits ? at : STR_NOT_FOUND;
    }
    return at == STR_NOT_FOUND || name.len - at < 8 ? name : str_slice(name, 0, at);
}

static bool holds(const struct predicate *predicate, struct str wanted, struct str name)
{
    if (predicate->kind == PREDICATE_EQUALS) {
        return str_equal(wanted, name);
    }
    bool versioned = predicate->kind == PREDICATE_PREFIX && str_starts_with(wanted, name) &&
                     str_starts_with(str_slice(wanted, name.len, wanted.len), STR("2"));
    return versioned || lint_holds(predicate, name);
}

static bool any_holds(const struct lint_actions *actions, struct lint_group group,
                      const struct predicate *predicate, struct str wanted)
{
    bool found = false;
    for (uint32_t i = group.first; i < group.end && !found; i++) {
        found = holds(predicate, wanted, actions->names[i]);
    }
    return found;
}

static bool is_open(struct str source)
{
    bool open = false;
    for (const char *const *name = open_sources; *name != NULL && !open; name++) {
        open = str_equal(source, str_of(*name));
    }
    return open;
}

static bool can_judge(const struct predicate *predicate)
{
    bool digits = false;
    for (size_t i = 0; i < predicate->text.len; i++) {
        digits = digits || byte_is_digit(predicate->text.ptr[i]);
    }
    bool exact = predicate->kind == PREDICATE_EQUALS || predicate->kind == PREDICATE_PREFIX;
    return predicate->kind <= PREDICATE_CONTAINS && !predicate->cased && (exact || !digits);
}

/* The part before .amazonaws.com; the empty str: the source is not a host name of AWS. */
static struct str service_of(struct str source)
{
    struct str suffix = STR(".amazonaws.com");
    return str_ends_with(source, suffix) ? str_slice(source, 0, source.len - suffix.len)
                                         : (struct str){"", 0};
}

bool lint_actions_can_be(const struct lint_actions *actions, struct str source,
                         const struct predicate *name)
{
    struct lint_group events_only = {0, actions->groups[0].first};
    struct lint_group all = {0, actions->names_count};
    struct str wanted = name->kind == PREDICATE_EQUALS ? without_version(name->text) : name->text;
    if (!can_judge(name)) {
        return true;
    }
    if (source.len == 0 && name->kind == PREDICATE_EQUALS) {
        return map_get(actions->known, wanted) != MAP_NONE;
    }
    if (source.len == 0) {
        return any_holds(actions, all, name, wanted);
    }
    struct str service = service_of(source);
    uint32_t group = map_get(actions->sources, service);
    return group == MAP_NONE || is_open(service) ||
           any_holds(actions, actions->groups[group], name, wanted) ||
           any_holds(actions, events_only, name, wanted);
}

struct str lint_actions_near(const struct lint_actions *actions, struct str source, struct str name)
{
    uint32_t group = source.len == 0 ? MAP_NONE : map_get(actions->sources, service_of(source));
    uint32_t first = group == MAP_NONE ? 0 : actions->groups[group].first;
    uint32_t end = group == MAP_NONE ? actions->names_count : actions->groups[group].end;
    struct suggestion nearest;
    suggest_begin(&nearest, name);
    struct str written = {"", 0};
    for (uint32_t i = first; i < end; i++) {
        suggest_offer(&nearest, actions->names[i]);
        if (nearest.name.ptr == actions->names[i].ptr) {
            written = (struct str){actions->written[i], actions->names[i].len};
        }
    }
    return written;
}

/* Services that publish no model are many: only what looks like a slip is told. */
bool lint_actions_source_can_be(const struct lint_actions *actions, struct str source,
                                struct str *near)
{
    struct str service = service_of(source);
    struct suggestion nearest;
    *near = (struct str){"", 0};
    if (service.len > 0 && (map_get(actions->sources, service) != MAP_NONE || is_open(service))) {
        return true;
    }
    suggest_begin(&nearest,
                  service.len > 0 ? service : str_slice(source, 0, str_find_byte(source, '.')));
    for (size_t i = 0; i < map_count(actions->sources); i++) {
        suggest_offer(&nearest, map_key_at(actions->sources, i));
    }
    *near = nearest.name;
    return service.len > 0 ? nearest.name.len == 0 || nearest.distance > 1 || service.len < 5
                           : str_find_byte(source, '.') != STR_NOT_FOUND && nearest.distance > 0;
}
