/* SPDX-License-Identifier: Apache-2.0
 *
 * config.h - the configuration file of `tocsin run` or `tocsin relay`, read by a table of keys.
 *
 * In:  YAML.   Out: engine_options and what else the daemon needs, or file:line:column and what to
 *      do.
 * Thread: one.   Owns: everything in it, in one arena.
 * Invariants: (1) a key that is not in the table, a value of another type and a missing key are
 *                 errors: nothing is ignored.
 *             (2) defaults are read by the same code as values.
 *             (3) values of maps may be secrets: no message holds one.
 * Tested: tests/unit/test_config.c, tests/fuzz/fuzz_config.c.
 */
#ifndef TOCSIN_CLI_CONFIG_CONFIG_H
#define TOCSIN_CLI_CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/log.h"
#include "cli/engine/engine.h"
#include "cli/relay/relay.h"

struct config {
    struct arena *arena;
    struct engine_options engine; /* of `tocsin run` */
    struct relay_options relay;   /* of `tocsin relay` */
    bool watches_rules;           /* a change of their files reloads them */
    enum log_level log_level;
    const char *http_listen;  /* NULL: nothing listens */
    const char *http_token;   /* a secret; NULL: none */
    const char *metrics_path; /* NULL: none */
    int64_t metrics_interval_ns;
};

/* ERR_IO or ERR_CONFIG. *config is NULL on an error; else freed with config_free. */
int config_load(const char *path, struct config **config, struct err *err);
/* The same from text in memory; name stands for the path. */
int config_load_text(const char *name, struct str text, struct config **config, struct err *err);
/* The same two for `tocsin relay`. */
int config_load_relay(const char *path, struct config **config, struct err *err);
int config_load_relay_text(const char *name, struct str text, struct config **config,
                           struct err *err);
void config_free(struct config *config);
/* All keys as Markdown tables. */
void config_render_keys(struct buffer *out);

#endif
