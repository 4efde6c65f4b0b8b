/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_LOG_H
#define BASE_LOG_H
/* Structured lines on stderr: time=… level=… msg=… key=value. Never customers' text at info level.
 * One write(2) a line, so lines of several threads never mix. The level is process-wide and set
 * once at start. */
#include "base/str.h"

typedef enum { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } LogLevel;

typedef struct {
    LogLevel level;
    bool json;
} Log;

/* Fields are "key", Str pairs ended by NULL: log_line(log, LOG_INFO, "listening", "at", str, NULL)
 */
void log_line(const Log *log, LogLevel level, const char *msg, ...);
#endif
