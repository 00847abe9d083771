/* SPDX-License-Identifier: Apache-2.0
 *
 * syslog_internal.h - the parts of the syslog decoder: header, time, programs.
 *
 * In:  one line.   Out: its header, and what its program says in its message.
 * Thread: one worker's context.   Owns: nothing: all are slices of the line or constants.
 */
#ifndef TOCSIN_INGEST_DECODE_SYSLOG_INTERNAL_H
#define TOCSIN_INGEST_DECODE_SYSLOG_INTERNAL_H

#include "ingest/decode/decoder.h"

/* Fields that the decoder can make; the order of syslog_fields. */
enum syslog_field {
    SYSLOG_FACILITY,
    SYSLOG_SEVERITY,
    SYSLOG_HOST,
    SYSLOG_PROGRAM,
    SYSLOG_PID,
    SYSLOG_MSGID,
    SYSLOG_MESSAGE,
    SYSLOG_USER,
    SYSLOG_TARGET_USER,
    SYSLOG_SRC_IP,
    SYSLOG_SRC_HOST,
    SYSLOG_SRC_PORT,
    SYSLOG_DST_IP,
    SYSLOG_DST_PORT,
    SYSLOG_PROTOCOL,
    SYSLOG_COMMAND,
    SYSLOG_OUTCOME,
    SYSLOG_ACTION,
    SYSLOG_AUTH_METHOD,
    SYSLOG_TTY,
    SYSLOG_DIRECTORY,
    SYSLOG_REPEATED,
    SYSLOG_SIGMA_USER, /* sudo's own names, as SigmaHQ's rules use them */
    SYSLOG_SIGMA_TTY,
    SYSLOG_SIGMA_PWD,
    SYSLOG_SIGMA_COMMAND,
    SYSLOG_FIELDS
};

/* Which fields to make. FIELD_NONE: nobody wants it. */
struct syslog_wanted {
    field_id ids[SYSLOG_FIELDS];
    bool said;       /* any of those that a program says in its message */
    bool parameters; /* any structured data */
};

#define SYSLOG_PROGRAM_SLOTS 128

struct syslog_bound {
    struct syslog_wanted all;
    struct syslog_wanted first; /* of the first phase: see decoder_set_narrow */
    bool narrowed;
    uint8_t programs[SYSLOG_PROGRAM_SLOTS]; /* see syslog_program.c */
    uint32_t *logsources;                   /* per row of the programs' table */
    struct syslog_parameter *parameters;    /* wanted sd.<id>.<name> */
    uint32_t parameters_count;
};

struct syslog_parameter {
    struct str name; /* "<id>.<name>" */
    field_id id;
    field_id first_id; /* FIELD_NONE: not in the first phase */
};

struct syslog_header {
    int32_t priority; /* 0..191, or -1 */
    int64_t time_ns;  /* TIMESTAMP_NONE: not readable or NILVALUE */
    uint32_t flags;   /* enum event_flag */
    struct str host;
    struct str program;
    struct str module; /* sshd(pam_unix) */
    struct str pid;
    struct str msgid;
    struct str structured; /* RFC 5424: [..][..], or "" */
    struct str message;
};

/* What is being filled. */
struct syslog_event {
    const struct syslog_bound *bound;
    const struct syslog_wanted *wanted; /* one of bound's */
    struct event *event;
};

static inline void syslog_add(const struct syslog_event *to, enum syslog_field field,
                              struct str value)
{
    if (value.len > 0) {
        event_add_str(to->event, to->wanted->ids[field], value);
    }
}

static inline bool syslog_wants(const struct syslog_event *to, enum syslog_field field)
{
    return to->wanted->ids[field] != FIELD_NONE;
}

/* syslog_time.c: the time at text's beginning in any form that is known. Returns the bytes read, 0
 * when there is none. *time_ns is TIMESTAMP_NONE when it has no possible value (31 February). */
size_t syslog_time_parse(struct decoder_context *context, struct str text, int64_t *time_ns,
                         uint32_t *flags);
/* The same without the short way for the most frequent form. */
size_t syslog_time_parse_any(const struct decoder_context *context, struct str text,
                             int64_t *time_ns, uint32_t *flags);

/* syslog_header.c */
void syslog_header_parse(struct decoder_context *context, struct str line,
                         struct syslog_header *header);

/* The length of what can be a program's name, at text's beginning. */
size_t syslog_tag_len(struct str text);

/* syslog_program.c: adds what the program's message says. Returns the logsource's index. */
uint32_t syslog_program_parse(const struct syslog_event *to, const struct syslog_header *header);
/* The number of rows; the logsource of each and where its name is found, looked up once. */
uint32_t syslog_program_count(void);
void syslog_program_bind(struct syslog_bound *bound);

/* syslog_auth.c: the programs that let people in. */
void syslog_parse_sshd(const struct syslog_event *to, struct str message);
void syslog_parse_sudo(const struct syslog_event *to, struct str message);
void syslog_parse_su(const struct syslog_event *to, struct str message);
void syslog_parse_pam(const struct syslog_event *to, struct str message);

/* syslog_text.c: small readers. */
/* Text before and after the first or last occurrence of separator; false when there is none. */
bool syslog_split(struct str text, struct str separator, struct str *before, struct str *after);
bool syslog_split_last(struct str text, struct str separator, struct str *before,
                       struct str *after);
/* Up to the first of these one or two bytes. */
static inline struct str syslog_until(struct str text, const char *stops)
{
    char one = stops[0];
    char other = stops[1] != '\0' ? stops[1] : one;
    size_t len = 0;
    while (len < text.len && text.ptr[len] != one && text.ptr[len] != other) {
        len++;
    }
    return (struct str){text.ptr, len};
}
/* Adds address as src_ip when it is one, else as src_host. */
void syslog_add_source(const struct syslog_event *to, struct str address);
bool syslog_is_address(struct str text);

#endif
