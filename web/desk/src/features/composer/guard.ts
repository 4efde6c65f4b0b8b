// SPDX-License-Identifier: Apache-2.0
// Guard rails on the outgoing text: asked on a pause of 300 ms, decided again by the server on send.
// warn: a second Enter at least 600 ms after the first sends; approve: so too, for a supervisor; block: the
// words must be changed.
import { computed, ref, shallowRef } from 'vue';
import * as api from '@/api/desk';
import type { GuardHit, Id } from '@/api/types';
import { mayOpen } from '@/core/gate';
import { useSession } from '@/features/session/store';

const PAUSE_MS = 300;
export const CONFIRM_MS = 600;

/**
 * Where a hit's words stand in the text, as offsets of a text field. The server counts code points, a
 * field counts UTF-16 units; and the text may have changed since: then the words are looked for.
 */
export function rangeOf(text: string, h: GuardHit): { from: number; to: number } | null {
    const cp = Array.from(text);
    let from = -1;
    if (cp.slice(h.start, h.end).join('') === h.words) from = cp.slice(0, h.start).join('').length;
    else from = text.indexOf(h.words);
    return from < 0 || !h.words ? null : { from, to: from + h.words.length };
}

export function useGuard(conversation: Id) {
    const hits = shallowRef<GuardHit[]>([]);
    /** The text that `hits` speak of. */
    const about = ref('');
    const armedAt = ref(0);
    let timer = 0;
    let asking: AbortController | null = null;

    const session = useSession();
    const boss = () => mayOpen(session.user?.role ?? null, 'supervisor');
    const blocked = computed(() =>
        hits.value.some((h) => h.level === 'block' || (h.level === 'approve' && !boss())),
    );

    function typed(text: string) {
        clearTimeout(timer);
        asking?.abort();
        armedAt.value = 0;
        if (!text.trim()) {
            hits.value = [];
            return;
        }
        // Spans move as the text changes; keep only the hits whose words are still there.
        if (text !== about.value) hits.value = hits.value.filter((h) => text.includes(h.words));
        timer = window.setTimeout(() => void ask(text), PAUSE_MS);
    }

    async function ask(text: string) {
        asking = new AbortController();
        try {
            const answer = await api.guardCheck(conversation, text, asking.signal);
            hits.value = answer.hits;
            about.value = text;
        } catch {
            // The send asks again.
        }
    }

    function set(text: string, list: GuardHit[]) {
        clearTimeout(timer);
        about.value = text;
        hits.value = list;
        armedAt.value = Date.now();
    }

    /** What an Enter means now: go, wait for the second one, or stop. */
    function enter(nowMs: number): { go: boolean; seen: string[] } {
        if (!hits.value.length) return { go: true, seen: [] };
        if (blocked.value) return { go: false, seen: [] };
        if (armedAt.value && nowMs - armedAt.value >= CONFIRM_MS) {
            return { go: true, seen: [...new Set(hits.value.map((h) => h.rule))] };
        }
        if (!armedAt.value) armedAt.value = nowMs;
        return { go: false, seen: [] };
    }

    function clear() {
        clearTimeout(timer);
        asking?.abort();
        hits.value = [];
        about.value = '';
        armedAt.value = 0;
    }

    return { hits, blocked, armedAt, typed, set, enter, clear };
}
