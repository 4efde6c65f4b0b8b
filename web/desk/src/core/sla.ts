// SPDX-License-Identifier: Apache-2.0
// What a deadline looks like (PRE-1, PRE-2). Pure: given a row's clock and the time.
import type { Sla } from '@/api/types';

export type SlaState = 'none' | 'paused' | 'running' | 'warning' | 'late';
export const WARNING_MS = 5_000;

export function slaState(sla: Sla | null, now: number, warningMs = WARNING_MS): SlaState {
    if (!sla) return 'none';
    if (sla.paused) return 'paused';
    const left = sla.due_at - now;
    if (left < 0) return 'late';
    return left <= warningMs ? 'warning' : 'running';
}

/** Whole seconds left (rounded up: 0.2 s left still reads 1) or, when late, over (rounded down). */
export function slaSeconds(sla: Sla, now: number): number {
    const left = sla.due_at - now;
    return left >= 0 ? Math.ceil(left / 1000) : Math.floor(-left / 1000);
}

/** Compact span: 9s, 4:05, 2h10m, 3d. Units are symbols of the clock face, not words. */
export function span(seconds: number): string {
    const s = Math.max(0, Math.floor(seconds));
    if (s < 60) return `${s}s`;
    if (s < 3600) return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
    if (s < 86_400)
        return `${Math.floor(s / 3600)}h${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}m`;
    return `${Math.floor(s / 86_400)}d`;
}
