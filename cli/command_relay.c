/* SPDX-License-Identifier: Apache-2.0
 *
 * command_relay.c - `tocsin relay`: writes what it hears to Kafka, in the foreground, until
 * SIGTERM.
 */
#include "base/clock.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/config/config.h"
#include "cli/metrics.h"
#include "cli/options.h"
#include "cli/relay/relay.h"
#include "cli/signals.h"

#include <inttypes.h>
#include <stdio.h>

#define WHERE "cli/relay"

struct service {
    const struct config *config;
    int64_t metrics_due_ns;
    bool metrics_failed; /* said once, until it works again */
};

static void write_metrics(struct service *service, const struct relay *relay)
{
    struct buffer text = {0};
    struct err err = {0};
    metrics_render_relay(relay, &text);
    int failed = metrics_write(service->config->metrics_path, buffer_str(&text), &err);
    if (failed != 0 && !service->metrics_failed) {
        log_write(LOG_ERROR, WHERE, "metrics: %s", err.text);
    }
    service->metrics_failed = failed != 0;
    buffer_release(&text);
}

static bool tick(void *context, const struct relay *relay)
{
    struct service *service = context;
    int64_t now_ns = clock_monotonic_ns();
    if (service->config->metrics_path != NULL && now_ns >= service->metrics_due_ns) {
        write_metrics(service, relay);
        service->metrics_due_ns = now_ns + service->config->metrics_interval_ns;
    }
    return !signals_stopped();
}

static void log_counts(const struct relay *relay)
{
    const struct relay_counts counts = relay_counts(relay);
    log_write(LOG_INFO, WHERE,
              "records %" PRIu64 " = acknowledged %" PRIu64 " + refused %" PRIu64
              " + blank %" PRIu64 " + lost %" PRIu64 "; datagrams dropped %" PRIu64,
              counts.records, counts.acknowledged, counts.refused, counts.blank, counts.waiting,
              counts.dropped);
}

static int serve(const struct config *config)
{
    struct err err = {0};
    struct relay *relay = NULL;
    struct service service = {.config = config};
    signals_begin(NULL, false);
    if (relay_new(&config->relay, &relay, &err) != 0) {
        signals_end();
        return command_fail(&err);
    }
    log_write(LOG_INFO, WHERE, "tocsin %s relays to topic %s at %s", TOCSIN_VERSION,
              config->relay.topic, config->relay.brokers);
    int failed = relay_run(relay, tick, &service, &err);
    signals_end();
    if (config->metrics_path != NULL) {
        write_metrics(&service, relay);
    }
    log_counts(relay);
    log_write(failed != 0 ? LOG_ERROR : LOG_INFO, WHERE, "stopped: %s",
              failed != 0 ? err.text : "signal");
    relay_free(relay);
    return failed != 0 ? EXIT_WORLD : EXIT_DONE;
}

static int run_relay(int argc, char **argv)
{
    struct options options;
    const char *path = NULL;
    bool only_check = false;
    options_begin(&options, &command_relay, argc, argv);
    while (options_next(&options)) {
        if (options_is(&options, "config")) {
            path = options.value;
        } else if (options_is(&options, "check")) {
            only_check = true;
        }
    }
    if (options.stopped) {
        return options.exit_code;
    }
    if (path == NULL || options.first < argc) {
        return options_wrong(&command_relay, "needs --config FILE and no arguments");
    }
    struct err err = {0};
    struct config *config = NULL;
    if (config_load_relay(path, &config, &err) != 0) {
        return command_fail(&err);
    }
    log_level_set(config->log_level);
    int code = EXIT_DONE;
    if (only_check) {
        printf("%s: correct\n", path);
    } else {
        code = serve(config);
    }
    config_free(config);
    return code;
}

static const struct option_row relay_options[] = {
    {"config", "FILE", NULL, "the configuration; required"},
    {"check", NULL, NULL, "check the configuration, and end"},
    {NULL, NULL, NULL, NULL},
};

const struct command command_relay = {
    "relay",
    "listen for syslog and write it to Kafka, to be analysed from there",
    "--config FILE",
    relay_options,
    "Each record goes, as it was received, into the topic relay.topic as a message of its own,\n"
    "under its sender's address as key. `tocsin run` with source.kind: kafka analyses it.\n\n"
    "SIGTERM and SIGINT read what was sent already, wait until the brokers have it, and end; a\n"
    "second one ends at once.\n\n"
    "exit codes:\n"
    "  0  stopped by a signal, and all that was taken is in the topic; --check: all is well\n"
    "  2  wrong usage or configuration\n"
    "  3  the topic or a socket can't be used, or records were lost; the log tells how many\n\n"
    "examples:\n"
    "  tocsin relay --config /etc/tocsin/relay.yml --check\n"
    "  tocsin relay --config /etc/tocsin/relay.yml\n",
    run_relay,
};
