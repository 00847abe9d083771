/* SPDX-License-Identifier: Apache-2.0
 *
 * command_run.c - `tocsin run`: the daemon, in the foreground, until SIGTERM.
 */
#include "base/clock.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/config/config.h"
#include "cli/http/http.h"
#include "cli/metrics.h"
#include "cli/options.h"
#include "cli/rules_watch.h"
#include "cli/signals.h"

#include <inttypes.h>
#include <stdio.h>

#define WHERE "cli/run"

struct daemon {
    const struct config *config;
    struct engine *engine;
    struct rules_watch *watch;     /* NULL: rules are reloaded by SIGHUP only */
    struct http *http;             /* NULL: none is configured */
    struct engine_reloads reloads; /* that were shown */
    int64_t metrics_due_ns;
    bool metrics_failed; /* said once, until it works again */
};

/* What is shown of the engine: metrics to their file, all to who asks by HTTP. Nothing is made when
 * neither is configured. */
static void publish(struct daemon *daemon, const struct engine *engine)
{
    struct engine_summary summary;
    struct buffer text = {0};
    struct err err = {0};
    int failed = 0;
    if (daemon->config->metrics_path == NULL && daemon->http == NULL) {
        return;
    }
    engine_summarize(engine, &summary);
    metrics_render(&summary, engine_rules(engine), &text);
    if (daemon->config->metrics_path != NULL) {
        failed = metrics_write(daemon->config->metrics_path, buffer_str(&text), &err);
    }
    if (failed != 0 && !daemon->metrics_failed) {
        log_write(LOG_ERROR, WHERE, "metrics: %s", err.text);
    }
    daemon->metrics_failed = failed != 0;
    if (daemon->http != NULL) {
        struct engine_reloads reloads = engine_reloads(engine);
        http_publish(daemon->http, &(struct http_state){
                                       .metrics = buffer_str(&text),
                                       .rules_count = engine_rules(engine)->rules_count,
                                       .reload_ticket = reloads.ticket,
                                       .reload_failure = reloads.failure,
                                   });
    }
    buffer_release(&text);
}

/* Returns the number of rules that did not load. */
static uint32_t log_rules(const struct rule_set *rules)
{
    for (uint32_t i = 0; i < rules->problems_count; i++) {
        const struct rule_problem *problem = &rules->problems[i];
        log_write(LOG_WARNING, WHERE, "%.*s:%u:%u: %.*s", STR_ARG(problem->path), problem->line,
                  problem->column, STR_ARG(problem->reason));
    }
    log_write(LOG_INFO, WHERE, "%u rules loaded, %u not loaded", rules->rules_count,
              rules->rejected_count);
    return rules->rejected_count;
}

static void watch_rules(struct daemon *daemon, int64_t now_ns)
{
    struct err err = {0};
    if (daemon->watch != NULL && rules_watch_changed(daemon->watch, now_ns, &err)) {
        log_write(LOG_INFO, WHERE, "rule files have changed");
        (void)engine_reload(daemon->engine);
    }
    if (err.code != 0) {
        log_write(LOG_WARNING, WHERE, "%s", err.text);
    }
}

static void tick(void *context, const struct engine *engine)
{
    struct daemon *daemon = context;
    int64_t now_ns = clock_monotonic_ns();
    struct engine_reloads reloads = engine_reloads(engine);
    watch_rules(daemon, now_ns);
    if (daemon->reloads.done != reloads.done) {
        log_rules(engine_rules(engine));
    }
    if (now_ns >= daemon->metrics_due_ns || daemon->reloads.ticket != reloads.ticket) {
        publish(daemon, engine);
        daemon->metrics_due_ns = now_ns + daemon->config->metrics_interval_ns;
    }
    daemon->reloads = reloads;
}

static uint64_t reload(void *context)
{
    return engine_reload(context);
}

static int begin_http(struct daemon *daemon, struct err *err)
{
    const struct config *config = daemon->config;
    if (config->http_listen == NULL) {
        return 0;
    }
    struct http_options options = {config->http_listen, config->http_token, reload, daemon->engine};
    int failed = http_new(&options, &daemon->http, err);
    if (failed == 0) {
        publish(daemon, daemon->engine);
        log_write(LOG_INFO, WHERE, "listens at %s", config->http_listen);
    }
    return failed;
}

static void begin_watch(struct daemon *daemon)
{
    const struct engine_options *options = &daemon->config->engine;
    struct err err = {0};
    if (daemon->config->watches_rules &&
        rules_watch_new(options->rules, options->rules_count, &daemon->watch, &err) != 0) {
        log_write(LOG_WARNING, WHERE, "%s", err.text);
    }
}

static void log_summary(const struct engine_summary *summary)
{
    log_write(LOG_INFO, WHERE,
              "records %" PRIu64 " = evaluated %" PRIu64 " + filtered %" PRIu64
              " + dead-lettered %" PRIu64 " + duplicates %" PRIu64 "; residue %" PRId64
              "; alerts %" PRIu64,
              summary->total.records, summary->total.outcomes[RECORD_EVALUATED],
              summary->total.outcomes[RECORD_FILTERED], summary->total.outcomes[RECORD_DEAD],
              summary->total.outcomes[RECORD_DUPLICATE], summary->residue, summary->alerts);
}

static int serve(const struct config *config)
{
    struct err err = {0};
    struct engine *engine = NULL;
    struct daemon daemon = {.config = config};
    if (engine_new(&config->engine, &engine, &err) != 0) {
        return command_fail(&err);
    }
    daemon.engine = engine;
    log_rules(engine_rules(engine));
    if (begin_http(&daemon, &err) != 0) {
        engine_free(engine);
        return command_fail(&err);
    }
    begin_watch(&daemon);
    engine_on_progress(engine, tick, &daemon);
    signals_begin(engine, true);
    log_write(LOG_INFO, WHERE, "tocsin %s runs; source %s, %u threads", TOCSIN_VERSION,
              config->engine.source.kind, config->engine.threads);
    int failed = engine_run(engine, &err);
    signals_end();
    struct engine_summary summary;
    engine_summarize(engine, &summary);
    publish(&daemon, engine);
    log_summary(&summary);
    if (failed != 0) {
        log_write(LOG_ERROR, WHERE, "stopped: %s", err.text);
    } else {
        log_write(LOG_INFO, WHERE, "stopped: %s", signals_stopped() ? "signal" : "end of input");
    }
    http_free(daemon.http);
    rules_watch_free(daemon.watch);
    engine_free(engine);
    if (!engine_adds_up(&summary)) {
        return EXIT_RESIDUE;
    }
    return failed != 0 ? EXIT_WORLD : EXIT_DONE;
}

/* Reads the rules as the engine would, without opening a source or a sink. */
static int check(const char *path, const struct config *config)
{
    struct err err = {0};
    struct rule_set *rules = NULL;
    if (rule_set_load(config->engine.rules, config->engine.rules_count, &rules, &err) != 0) {
        return command_fail(&err);
    }
    uint32_t left_out = log_rules(rules);
    printf("%s: correct; %u rules loaded, %u not loaded\n", path, rules->rules_count, left_out);
    rule_set_free(rules);
    return left_out > 0 ? EXIT_FOUND : EXIT_DONE;
}

static void print_keys(void)
{
    struct buffer text = {0};
    config_render_keys(&text);
    fwrite(text.ptr, 1, text.len, stdout);
    buffer_release(&text);
}

static int run_daemon(int argc, char **argv)
{
    struct options options;
    const char *path = NULL;
    bool only_check = false;
    signals_hold_reload();
    options_begin(&options, &command_run_daemon, argc, argv);
    while (options_next(&options)) {
        if (options_is(&options, "config")) {
            path = options.value;
        } else if (options_is(&options, "check")) {
            only_check = true;
        } else if (options_is(&options, "help-config")) {
            print_keys();
            return EXIT_DONE;
        }
    }
    if (options.stopped) {
        return options.exit_code;
    }
    if (path == NULL || options.first < argc) {
        return options_wrong(&command_run_daemon, "needs --config FILE and no arguments");
    }
    struct err err = {0};
    struct config *config = NULL;
    if (config_load(path, &config, &err) != 0) {
        return command_fail(&err);
    }
    log_level_set(config->log_level);
    int code = only_check ? check(path, config) : serve(config);
    config_free(config);
    return code;
}

static const struct option_row run_options[] = {
    {"config", "FILE", NULL, "the configuration; required"},
    {"check", NULL, NULL, "check configuration and rules, and end"},
    {"help-config", NULL, NULL, "list the configuration's keys, and end"},
    {NULL, NULL, NULL, NULL},
};

const struct command command_run_daemon = {
    "run",
    "run as a service by a configuration file",
    "--config FILE",
    run_options,
    "SIGTERM and SIGINT deliver what was read, commit and end; a second one ends at once. A\n"
    "change of rule files, or SIGHUP, loads the rules anew; if that fails the old ones stay in "
    "force.\n\n"
    "exit codes:\n"
    "  0  stopped by a signal, or at the end of the input; --check: all is well\n"
    "  1  --check: the configuration is correct, but some rules did not load\n"
    "  2  wrong usage or configuration\n"
    "  3  a source or sink failed\n"
    "  4  the records do not add up: a bug, please report it\n\n"
    "examples:\n"
    "  tocsin run --config /etc/tocsin/tocsin.yml --check\n"
    "  tocsin run --config /etc/tocsin/tocsin.yml\n",
    run_daemon,
};
