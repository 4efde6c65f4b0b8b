/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CLI_COUNTS_H
#define APP_CLI_COUNTS_H
/* How much there is of each thing, in one snapshot. */
#include "app/cli_manifest.h"
#include "app/cli_store.h"

Err cli_counts(CliStore *s, CliCounts *ret, ErrSlot *e) WARN_UNUSED;
#endif
