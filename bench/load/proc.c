/* SPDX-License-Identifier: Apache-2.0 */
#include "proc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_file(const char *path, char *out, size_t capacity)
{
    out[0] = '\0';
    FILE *file = fopen(path, "r");
    if (!file)
        return;
    size_t got = fread(out, 1, capacity - 1, file);
    out[got] = '\0';
    fclose(file);
}

static void add_threads(pid_t pid, ProcUse *use)
{
    char path[300];
    char text[256];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    if (!tasks)
        return;
    for (struct dirent *task = readdir(tasks); task; task = readdir(tasks)) {
        if (task->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%.200s/schedstat", (int)pid, task->d_name);
        read_file(path, text, sizeof text);
        use->cpu_ns += strtoull(text, NULL, 10);
    }
    closedir(tasks);
}

static void add_ticks(pid_t pid, ProcUse *use)
{
    char path[64];
    char text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    read_file(path, text, sizeof text);
    char *at = strrchr(text, ')');
    if (!at)
        return;
    for (int field = 2; field < 14 && at; field++) /* utime is field 14, counted from 1 */
        at = strchr(at + 1, ' ');
    if (!at)
        return;
    use->user_ticks += strtoull(at, &at, 10);
    use->system_ticks += strtoull(at, &at, 10);
}

static uint64_t line_kb(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void add_memory(pid_t pid, ProcUse *use)
{
    char path[64];
    char text[4096];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    read_file(path, text, sizeof text);
    use->rss_kb += line_kb(text, "Rss:");
    use->pss_kb += line_kb(text, "Pss:");
    use->private_kb += line_kb(text, "Private_Clean:") + line_kb(text, "Private_Dirty:");
}

ProcUse proc_use_read(const ProcSet *set)
{
    ProcUse use = {0};
    for (size_t i = 0; i < set->count; i++) {
        add_threads(set->pid[i], &use);
        add_ticks(set->pid[i], &use);
        add_memory(set->pid[i], &use);
    }
    return use;
}
