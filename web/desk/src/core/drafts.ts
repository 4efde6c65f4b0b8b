// SPDX-License-Identifier: Apache-2.0
// Drafts that survive a crash, keyed (user, conversation, mode). localStorage because a write is
// finished when it returns: a tab killed in the next instant loses nothing.
import type { Id } from '@/api/types';

export type Mode = 'reply' | 'note';
export interface Draft {
    text: string;
    /** Script ids accepted into this text, sent with it as citation. */
    suggestion?: string;
    at: number;
}

const PREFIX = 'zx.draft.';
const KEEP = 200;
const KEEP_MS = 30 * 86_400_000;

export class Drafts {
    private readonly memory = new Map<string, Draft>();

    constructor(
        private readonly user: Id,
        private readonly storage: Storage | null = safeStorage(),
    ) {}

    private key(conversation: Id, mode: Mode) {
        return `${PREFIX}${this.user}.${conversation}.${mode}`;
    }

    get(conversation: Id, mode: Mode): Draft | null {
        const key = this.key(conversation, mode);
        const hit = this.memory.get(key);
        if (hit) return hit;
        try {
            const raw = this.storage?.getItem(key);
            if (!raw) return null;
            const draft = JSON.parse(raw) as Draft;
            if (typeof draft.text !== 'string') return null;
            this.memory.set(key, draft);
            return draft;
        } catch {
            return null;
        }
    }

    set(conversation: Id, mode: Mode, text: string, suggestion?: string) {
        const key = this.key(conversation, mode);
        if (!text) {
            this.memory.delete(key);
            try {
                this.storage?.removeItem(key);
            } catch {
                // Storage refused: memory holds it.
            }
            return;
        }
        const draft: Draft = { text, at: Date.now(), ...(suggestion ? { suggestion } : {}) };
        this.memory.set(key, draft);
        try {
            this.storage?.setItem(key, JSON.stringify(draft));
        } catch {
            this.prune(KEEP / 4);
        }
    }

    /** Drop the oldest beyond `keep` and all past their age; true drafts are never that many. */
    prune(keep = KEEP) {
        if (!this.storage) return;
        const mine: { key: string; at: number }[] = [];
        for (let i = 0; i < this.storage.length; i++) {
            const key = this.storage.key(i);
            if (!key?.startsWith(PREFIX)) continue;
            let at = 0;
            try {
                at = Number(JSON.parse(this.storage.getItem(key) ?? '{}').at) || 0;
            } catch {
                // Broken entry: goes first.
            }
            mine.push({ key, at });
        }
        mine.sort((a, b) => b.at - a.at);
        const old = Date.now() - KEEP_MS;
        for (const [i, d] of mine.entries()) {
            if (i >= keep || d.at < old) this.storage.removeItem(d.key);
        }
    }
}

export function safeStorage(): Storage | null {
    try {
        const s = window.localStorage;
        s.getItem('zx');
        return s;
    } catch {
        return null;
    }
}
