// SPDX-License-Identifier: Apache-2.0
// Whom to offer first: who is there and carries least.
import type { AgentState, AgentStatus } from '@/api/types';

const ORDER: Record<AgentStatus, number> = { online: 0, wrapup: 1, busy: 2, break: 3, offline: 4 };

/** Share of the capacity in use; a capacity of 0 is full. */
export const load = (a: AgentState) => (a.capacity > 0 ? a.open / a.capacity : 1);

export function rank(list: AgentState[]): AgentState[] {
    return [...list].sort(
        (a, b) =>
            (ORDER[a.status] ?? 5) - (ORDER[b.status] ?? 5) ||
            load(a) - load(b) ||
            a.name.localeCompare(b.name, 'zh-CN'),
    );
}
