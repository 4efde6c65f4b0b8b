// SPDX-License-Identifier: Apache-2.0
// What was sent but not yet acknowledged, so that a tab killed in between loses nothing. The client id
// makes a second sending harmless: the server stores it once.
import { safeStorage } from '@/core/drafts';
import type { Outgoing } from './thread';

const PREFIX = 'zx.out.';
/** Older than this it is not sent by itself any more: it comes back as a draft. */
export const FRESH_MS = 10 * 60_000;
const KEEP = 100;

export class Outbox {
    constructor(
        private readonly user: string,
        private readonly storage: Storage | null = safeStorage(),
    ) {}

    private key = (clientId: string) => `${PREFIX}${this.user}.${clientId}`;

    put(o: Outgoing) {
        try {
            this.storage?.setItem(this.key(o.clientId), JSON.stringify(o));
        } catch {
            // Full or refused: it still lives in this tab.
        }
    }

    drop(clientId: string) {
        try {
            this.storage?.removeItem(this.key(clientId));
        } catch {
            // Nothing was stored then.
        }
    }

    /** Oldest first, broken entries removed. */
    all(): Outgoing[] {
        const out: Outgoing[] = [];
        const s = this.storage;
        if (!s) return out;
        const mine = `${PREFIX}${this.user}.`;
        for (let i = s.length - 1; i >= 0; i--) {
            const key = s.key(i);
            if (!key?.startsWith(mine)) continue;
            try {
                const o = JSON.parse(s.getItem(key) ?? '') as Outgoing;
                if (!o.clientId || !o.conversation || typeof o.text !== 'string')
                    throw new Error(key);
                out.push(o);
            } catch {
                s.removeItem(key);
            }
        }
        return out.sort((a, b) => a.at - b.at).slice(-KEEP);
    }
}
