/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include "conn.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static ProcUse self_use(void)
{
    ProcSet self = {.pid = {getpid()}, .count = 1};
    return proc_use_read(&self);
}

void measure_begin(Measure *measure, const Options *options)
{
    memset(measure, 0, sizeof *measure);
    measure->options = options;
    measure->start_ns = clock_ns() + (int64_t)(options->warmup * 1e9);
    measure->end_ns = measure->start_ns + (int64_t)(options->seconds * 1e9);
}

bool measure_running(Measure *measure)
{
    int64_t now = clock_ns();
    if (!measure->counting && measure->measured_ns == 0 && now >= measure->start_ns) {
        measure->before = proc_use_read(&measure->options->pids);
        measure->self_before = self_use();
        measure->start_ns = clock_ns();
        measure->end_ns = measure->start_ns + (int64_t)(measure->options->seconds * 1e9);
        measure->counting = true;
    } else if (measure->counting && now >= measure->end_ns) {
        measure->measured_ns = now - measure->start_ns;
        measure->after = proc_use_read(&measure->options->pids);
        measure->self_after = self_use();
        measure->counting = false;
    }
    return measure->measured_ns == 0;
}

void measure_done(Measure *measure, int64_t since_ns)
{
    if (!measure->counting)
        return;
    measure->done++;
    hist_add(&measure->done_us, (clock_ns() - since_ns) / 1000);
}

static double per_done(const Measure *measure, uint64_t value)
{
    return measure->done > 0 ? (double)value / (double)measure->done : 0;
}

void measure_print(const Measure *m)
{
    double seconds = (double)m->measured_ns / 1e9;
    double user = (double)(m->after.user_ticks - m->before.user_ticks);
    double ticks = user + (double)(m->after.system_ticks - m->before.system_ticks);
    printf("\"seconds\":%.2f,\"done\":%llu,\"per_second\":%.1f,\"p50_ms\":%.4f,\"p99_ms\":%.4f,"
           "\"max_ms\":%.3f,\"cpu_us\":%.3f,\"user_share\":%.3f,\"client_cpu_us\":%.3f,"
           "\"rss_kb\":%llu,\"pss_kb\":%llu",
           seconds, (unsigned long long)m->done, seconds > 0 ? (double)m->done / seconds : 0,
           hist_quantile_ms(&m->done_us, 0.5), hist_quantile_ms(&m->done_us, 0.99),
           (double)m->done_us.max_us / 1000.0,
           per_done(m, (m->after.cpu_ns - m->before.cpu_ns) / 1000), ticks > 0 ? user / ticks : 0,
           per_done(m, (m->self_after.cpu_ns - m->self_before.cpu_ns) / 1000),
           (unsigned long long)m->after.rss_kb, (unsigned long long)m->after.pss_kb);
}
