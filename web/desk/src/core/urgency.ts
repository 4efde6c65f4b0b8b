// SPDX-License-Identifier: Apache-2.0
// The order of the queue. Pure; the store freezes its result while a pointer rests on the list.
import type { Row } from '@/api/types';

export type SortBy = 'urgency' | 'recent' | 'oldest';
/** Each step of priority (feeling, crisis words: EMO-3, CRI-3) counts like this much less time left. */
const PRIORITY_MS = 10_000;

function group(r: Row): number {
    if (r.sla && !r.sla.paused) return 0;
    if (r.status === 'queued') return 1;
    if (r.status === 'open') return 2;
    if (r.status === 'waiting') return 3;
    if (r.status === 'snoozed') return 4;
    return 5;
}

export function byUrgency(a: Row, b: Row): number {
    const ga = group(a);
    const gb = group(b);
    if (ga !== gb) return ga - gb;
    if (ga === 0) {
        const da = a.sla!.due_at - a.priority * PRIORITY_MS;
        const db = b.sla!.due_at - b.priority * PRIORITY_MS;
        if (da !== db) return da - db;
    } else if (ga <= 2) {
        if (a.priority !== b.priority) return b.priority - a.priority;
        const wa = a.queued_at || a.updated_at;
        const wb = b.queued_at || b.updated_at;
        if (ga === 1 && wa !== wb) return wa - wb;
        if (a.updated_at !== b.updated_at) return a.updated_at - b.updated_at;
    } else if (ga === 4) {
        if (a.snooze_until !== b.snooze_until) return (a.snooze_until ?? 0) - (b.snooze_until ?? 0);
    } else if (a.updated_at !== b.updated_at) return b.updated_at - a.updated_at;
    return compareIds(a.id, b.id);
}

export function compareIds(a: string, b: string): number {
    return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

export function comparator(by: SortBy): (a: Row, b: Row) => number {
    if (by === 'recent') return (a, b) => b.updated_at - a.updated_at || compareIds(a.id, b.id);
    if (by === 'oldest') return (a, b) => a.created_at - b.created_at || compareIds(a.id, b.id);
    return byUrgency;
}

/**
 * Keep the order shown, drop what left, put newcomers last; and say how many rows of the fresh order
 * would now stand before the first row shown.
 */
export function freeze(shown: string[], fresh: string[]): { ids: string[]; above: number } {
    const alive = new Set(fresh);
    const kept = shown.filter((id) => alive.has(id));
    const known = new Set(kept);
    const ids = kept.concat(fresh.filter((id) => !known.has(id)));
    const first = kept[0];
    return { ids, above: first === undefined ? 0 : Math.max(0, fresh.indexOf(first)) };
}
