/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_STORE_FAULT_H
#define STORE_STORE_FAULT_H
/*
 * Faults on order, for crash tests; compiled in with -Dfault=true (and in this room's own tests),
 * otherwise nothing. ZHIXIN_FAULT="point:n,point:n" in the environment when the store is opened.
 * The n-th time that point is passed:
 *
 * - after_write: kill -9 of this process; a unit has written, its transaction is open
 * - before_commit: kill -9; all units of a batch have run
 * - in_commit: kill -9; SQLite: frames written, not yet synced; PostgreSQL: COMMIT sent, no answer
 * - after_commit: kill -9; durable, nobody was told yet
 * - mid_follower: kill -9; a follower's step has run, its cursor has not moved
 * - mid_checkpoint: kill -9; a page was copied back, the rest was not
 * - statement: that statement of a unit fails (storage.failed)
 * - full: that commit finds the disk full (SQLite)
 */
#include <stdatomic.h>
#include <stdbool.h>

typedef enum {
    FAULT_AFTER_WRITE,
    FAULT_BEFORE_COMMIT,
    FAULT_IN_COMMIT,
    FAULT_AFTER_COMMIT,
    FAULT_MID_FOLLOWER,
    FAULT_MID_CHECKPOINT,
    FAULT_STATEMENT,
    FAULT_FULL,
    FAULT_POINTS
} StoreFaultPoint;

typedef struct {
    atomic_long left[FAULT_POINTS]; /* 0: off; counts down, acts when it reaches 0 */
} StoreFault;

#ifdef STORE_FAULT
void store_fault_init(StoreFault *f, const char *spec); /* spec may be NULL; a wrong one aborts */
bool store_fault_hit(StoreFault *f, StoreFaultPoint point);
void store_fault_kill(StoreFault *f, StoreFaultPoint point); /* does not return when it hits */
struct sqlite3;
/* Lays watchers over the files of a connection (in_commit, mid_checkpoint, full). */
void store_fault_watch(StoreFault *f, struct sqlite3 *db);
#else
#define store_fault_init(f, spec)  ((void)(f))
#define store_fault_hit(f, point)  (false)
#define store_fault_kill(f, point) ((void)(f))
#define store_fault_watch(f, db)   ((void)(f))
#endif
#endif
