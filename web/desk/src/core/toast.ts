// SPDX-License-Identifier: Apache-2.0
// Short messages at the foot of the screen: what happened, and a way back when there is one.
import { shallowReactive } from 'vue';

export interface Toast {
    id: number;
    text: string;
    tone: 'plain' | 'ok' | 'bad';
    action?: { label: string; run: () => void };
}
const SHOW_MS = 4000;
/** Long enough to read the sentence and to reach the button (WCAG 2.2.1). */
const ACTION_MS = 10_000;
const MOST = 3;

export const toasts = shallowReactive<Toast[]>([]);
let last = 0;
const timers = new Map<number, number>();

export function toast(
    text: string,
    tone: Toast['tone'] = 'plain',
    action?: Toast['action'],
): () => void {
    const same = toasts.find((x) => x.text === text && !x.action && !action);
    if (same) dropToast(same.id);
    const id = ++last;
    toasts.push({ id, text, tone, ...(action ? { action } : {}) });
    while (toasts.length > MOST) dropToast(toasts[0]!.id);
    holdToast(id, false);
    return () => dropToast(id);
}

/** Stop or start the clock of a toast, so that it does not vanish under the pointer or the focus. */
export function holdToast(id: number, held: boolean) {
    clearTimeout(timers.get(id));
    const item = toasts.find((x) => x.id === id);
    if (held || !item) return;
    const ms = item.action || item.tone === 'bad' ? ACTION_MS : SHOW_MS;
    timers.set(
        id,
        window.setTimeout(() => dropToast(id), ms),
    );
}

export function dropToast(id: number) {
    clearTimeout(timers.get(id));
    timers.delete(id);
    const at = toasts.findIndex((x) => x.id === id);
    if (at >= 0) toasts.splice(at, 1);
}
