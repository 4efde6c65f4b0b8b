// SPDX-License-Identifier: Apache-2.0
// "Try a sentence" on the guard page: where the words of the rules stand in a text. A preview only;
// exceptions and word pairs are judged by the server when a message is sent.
import type { GuardRule } from '@/api/types';

export interface TryHit {
    rule: GuardRule;
    word: string;
    /** Code points, as everywhere in the protocol. */
    span: [number, number];
}

export function tryText(text: string, rules: GuardRule[]): TryHit[] {
    const hay = Array.from(text.toLowerCase());
    const out: TryHit[] = [];
    for (const rule of rules) {
        if (rule.level === 'off') continue;
        for (const word of rule.words) {
            const w = Array.from(word.toLowerCase());
            for (let i = 0; w.length && i + w.length <= hay.length; i++) {
                if (w.every((c, k) => hay[i + k] === c))
                    out.push({ rule, word, span: [i, i + w.length] });
            }
        }
    }
    return out.sort((a, b) => a.span[0] - b.span[0] || b.span[1] - a.span[1]);
}
