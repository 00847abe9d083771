/* SPDX-License-Identifier: Apache-2.0
 *
 * progress.c - see progress.h.
 */
#include "cli/progress.h"

#include "base/timestamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_DEFAULT = 80, BAR_MAX = 30, BAR_MIN = 5 };

void progress_begin(struct progress *progress, bool wanted)
{
    progress->enabled = wanted && isatty(STDERR_FILENO) == 1;
    progress->drawn = false;
}

static size_t terminal_columns(void)
{
    struct winsize size = {0};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                           : COLUMNS_DEFAULT;
}

static void add_bar(double share, size_t width, struct buffer *out)
{
    size_t filled = (size_t)(share * (double)width);
    buffer_add_byte(out, '[');
    for (size_t i = 0; i < width; i++) {
        buffer_add_byte(out, i < filled ? '#' : '.');
    }
    buffer_add_text(out, "] ");
}

static void add_facts(const struct engine_summary *summary, double share, struct buffer *out)
{
    double seconds = (double)summary->elapsed_ns / (double)TIMESTAMP_SECOND_NS;
    double rate = seconds > 0 ? (double)summary->total.outcomes[RECORD_EVALUATED] / seconds : 0;
    if (summary->bytes_expected > 0) {
        buffer_printf(out, "%3.0f%% %.1f/%.1f MB", share * 100, (double)summary->bytes_read / 1e6,
                      (double)summary->bytes_expected / 1e6);
    } else {
        buffer_printf(out, "%.1f MB", (double)summary->bytes_read / 1e6);
    }
    buffer_printf(out, "  %.0f events/s  %" PRIu64 " alerts", rate, summary->alerts);
    if (share > 0.01 && share < 1) {
        uint64_t left = (uint64_t)(seconds / share * (1 - share) + 0.5);
        buffer_printf(out, "  ETA %" PRIu64 ":%02" PRIu64, left / 60, left % 60);
    }
}

void progress_render(const struct engine_summary *summary, size_t columns, struct buffer *out)
{
    size_t start = out->len;
    double share = summary->bytes_expected > 0
                       ? (double)summary->bytes_read / (double)summary->bytes_expected
                       : 0;
    share = share > 1 ? 1 : share;
    struct buffer facts = {0};
    add_facts(summary, share, &facts);
    if (summary->bytes_expected > 0 && columns > facts.len + BAR_MIN + 3) {
        size_t room = columns - facts.len - 3;
        add_bar(share, room < BAR_MAX ? room : BAR_MAX, out);
    }
    buffer_add(out, buffer_str(&facts));
    buffer_release(&facts);
    if (out->len - start > columns) {
        out->len = start + columns;
    }
}

void progress_draw(void *context, const struct engine *engine)
{
    struct progress *progress = context;
    if (!progress->enabled) {
        return;
    }
    struct engine_summary summary;
    engine_summarize(engine, &summary);
    struct buffer line = {0};
    buffer_add_byte(&line, '\r');
    progress_render(&summary, terminal_columns() - 1, &line);
    buffer_add_text(&line, "\x1b[K");
    fwrite(line.ptr, 1, line.len, stderr);
    fflush(stderr);
    buffer_release(&line);
    progress->drawn = true;
}

void progress_end(struct progress *progress)
{
    if (progress->drawn) {
        fputs("\r\x1b[K", stderr);
        fflush(stderr);
        progress->drawn = false;
    }
}
