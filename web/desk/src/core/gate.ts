// SPDX-License-Identifier: Apache-2.0
// Who may open which page. Pure: the router asks, nothing here touches the server.
import type { UserRole } from '@/api/types';

export interface PageRule {
    /** Open without a log-in. */
    open?: boolean;
    need?: 'supervisor' | 'owner';
}
export interface Visitor {
    setupNeeded: boolean;
    role: UserRole | null;
}
export type Verdict =
    | { go: true }
    | { go: false; path: string; query?: Record<string, string> }
    | { go: false; denied: 'supervisor' | 'owner' };

const RANK: Record<UserRole, number> = { agent: 1, trainer: 1, supervisor: 2, owner: 3 };

export const mayOpen = (role: UserRole | null, need: PageRule['need']) =>
    !need || (role ? RANK[role] : 0) >= RANK[need];

/** A path of this desk, never another site's: `//evil.example` and `/\evil` are not. */
export function safeReturn(next: unknown): string {
    if (typeof next !== 'string' || !/^\/(?![/\\])/.test(next)) return '/chat';
    return /^\/(login|setup)\b/.test(next) ? '/chat' : next;
}

export function verdict(path: string, fullPath: string, rule: PageRule, who: Visitor): Verdict {
    if (path === '/dev/kit') return { go: true };
    if (who.setupNeeded) return path === '/setup' ? { go: true } : { go: false, path: '/setup' };
    if (path === '/setup') return { go: false, path: who.role ? '/chat' : '/login' };
    if (rule.open) {
        return path === '/login' && who.role ? { go: false, path: '/chat' } : { go: true };
    }
    if (!who.role) {
        const query: Record<string, string> = fullPath === '/' ? {} : { next: fullPath };
        return { go: false, path: '/login', query };
    }
    return rule.need && !mayOpen(who.role, rule.need)
        ? { go: false, denied: rule.need }
        : { go: true };
}
