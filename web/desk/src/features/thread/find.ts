// SPDX-License-Identifier: Apache-2.0
// Search inside one conversation: Ctrl+F cannot see rows that are not in the document.
import type { InjectionKey, Ref } from 'vue';
import type { Message } from '@/api/types';

export const FIND: InjectionKey<Ref<string>> = Symbol('find');

/** Seqs of the messages that hold the words, newest first. */
export function hitsIn(msgs: Message[], query: string): number[] {
    const q = query.trim().toLowerCase();
    if (!q) return [];
    const out: number[] = [];
    for (let i = msgs.length - 1; i >= 0; i--) {
        const m = msgs[i]!;
        if (m.role !== 'system' && !m.recalled && m.text.toLowerCase().includes(q)) out.push(m.seq);
    }
    return out;
}
