/* SPDX-License-Identifier: Apache-2.0
 *
 * attack.c - see attack_internal.h. The enterprise tactics of MITRE ATT&CK 19 are a table here,
 * with the names that it gave up; techniques are not looked up, their ids speak for themselves.
 */
#include "analyze/alert/attack_internal.h"

struct tactic {
    const char *tag; /* with - between words */
    const char *id;
    const char *name;
};

static const struct tactic tactics[] = {
    {"reconnaissance", "TA0043", "Reconnaissance"},
    {"resource-development", "TA0042", "Resource Development"},
    {"initial-access", "TA0001", "Initial Access"},
    {"execution", "TA0002", "Execution"},
    {"persistence", "TA0003", "Persistence"},
    {"privilege-escalation", "TA0004", "Privilege Escalation"},
    {"defense-evasion", "TA0005", "Defense Evasion"},
    {"credential-access", "TA0006", "Credential Access"},
    {"discovery", "TA0007", "Discovery"},
    {"lateral-movement", "TA0008", "Lateral Movement"},
    {"collection", "TA0009", "Collection"},
    {"command-and-control", "TA0011", "Command and Control"},
    {"exfiltration", "TA0010", "Exfiltration"},
    {"impact", "TA0040", "Impact"},
    {"stealth", "TA0005", "Stealth"},
    {"defense-impairment", "TA0112", "Defense Impairment"},
};
#define TACTICS (sizeof tactics / sizeof tactics[0])

/* Tags are written with - in newer rules and with _ in older ones, in any case. */
static bool same_tag(struct str tag, struct str want)
{
    if (tag.len != want.len) {
        return false;
    }
    for (size_t i = 0; i < tag.len; i++) {
        unsigned char c = byte_lower((unsigned char)tag.ptr[i]);
        if ((c == '_' ? '-' : c) != (unsigned char)want.ptr[i]) {
            return false;
        }
    }
    return true;
}

/* The tag's part after "attack.", or the empty str. */
static struct str attack_part(struct str tag)
{
    struct str prefix = STR("attack.");
    bool ours = tag.len > prefix.len && str_equal_fold(str_slice(tag, 0, prefix.len), prefix);
    return ours ? str_slice(tag, prefix.len, tag.len) : (struct str){0};
}

static const struct tactic *find_tactic(struct str tag)
{
    struct str part = attack_part(tag);
    for (size_t i = 0; i < TACTICS && part.len > 0; i++) {
        if (same_tag(part, str_of(tactics[i].tag)) || str_equal_fold(part, str_of(tactics[i].id))) {
            return &tactics[i];
        }
    }
    return NULL;
}

/* The length of the digits at s's beginning. */
static size_t count_digits(struct str s)
{
    size_t count = 0;
    while (count < s.len && byte_is_digit(s.ptr[count])) {
        count++;
    }
    return count;
}

/* t1078 or t1078.004 after "attack."; *sub says which. The empty str when it is neither. */
static struct str find_technique(struct str tag, bool *sub)
{
    struct str part = attack_part(tag);
    if (part.len < 5 || byte_lower((unsigned char)part.ptr[0]) != 't' ||
        count_digits(str_slice(part, 1, part.len)) != 4) {
        return (struct str){0};
    }
    *sub = part.len > 5;
    struct str rest = str_slice(part, 5, part.len);
    bool whole = rest.len == 0 ||
                 (rest.len == 4 && rest.ptr[0] == '.' && count_digits(str_slice(rest, 1, 3)) == 3);
    return whole ? part : (struct str){0};
}

/* ,"key":[ before the first element of an array, a comma before the others. */
static void next_element(struct buffer *out, const char *opening, bool *opened)
{
    buffer_add_text(out, *opened ? "," : opening);
    *opened = true;
}

static void render_tactics(const struct str_list *tags, struct buffer *out)
{
    bool ids = false;
    bool names = false;
    for (uint32_t i = 0; i < tags->count; i++) {
        const struct tactic *tactic = find_tactic(tags->items[i]);
        if (tactic != NULL) {
            next_element(out, ",\"tactic\":{\"id\":[", &ids);
            buffer_add_json_string(out, str_of(tactic->id));
        }
    }
    for (uint32_t i = 0; i < tags->count && ids; i++) {
        const struct tactic *tactic = find_tactic(tags->items[i]);
        if (tactic != NULL) {
            next_element(out, "],\"name\":[", &names);
            buffer_add_json_string(out, str_of(tactic->name));
        }
    }
    buffer_add_text(out, ids ? "]}" : "");
}

static void render_technique(struct buffer *out, struct str technique, size_t len)
{
    buffer_add(out, STR("\"T"));
    buffer_add(out, str_slice(technique, 1, len - 1));
    buffer_add_byte(out, '"');
}

/* A subtechnique names its technique, too; each id is written once. */
static void render_techniques(const struct str_list *tags, struct buffer *out)
{
    bool techniques = false;
    bool subtechniques = false;
    bool sub = false;
    for (uint32_t i = 0; i < tags->count; i++) {
        struct str technique = find_technique(tags->items[i], &sub);
        bool seen = technique.len == 0;
        for (uint32_t earlier = 0; earlier < i && !seen; earlier++) {
            struct str other = find_technique(tags->items[earlier], &sub);
            seen =
                other.len > 0 && str_equal_fold(str_slice(other, 0, 5), str_slice(technique, 0, 5));
        }
        if (!seen) {
            next_element(out, ",\"technique\":{\"id\":[", &techniques);
            render_technique(out, technique, 5);
        }
    }
    for (uint32_t i = 0; i < tags->count && techniques; i++) {
        struct str technique = find_technique(tags->items[i], &sub);
        if (technique.len > 0 && sub) {
            next_element(out, "],\"subtechnique\":{\"id\":[", &subtechniques);
            render_technique(out, technique, technique.len);
        }
    }
    if (techniques) {
        buffer_add_text(out, subtechniques ? "]}}" : "]}");
    }
}

void attack_render(const struct str_list *tags, struct buffer *out)
{
    bool any = false;
    bool sub = false;
    for (uint32_t i = 0; i < tags->count && !any; i++) {
        any = find_tactic(tags->items[i]) != NULL || find_technique(tags->items[i], &sub).len > 0;
    }
    if (any) {
        buffer_add(out, STR(",\"threat\":{\"framework\":\"MITRE ATT&CK\""));
        render_tactics(tags, out);
        render_techniques(tags, out);
        buffer_add_byte(out, '}');
    }
}
