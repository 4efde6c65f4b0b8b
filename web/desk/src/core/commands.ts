// SPDX-License-Identifier: Apache-2.0
// Every action with its key, in one list: the key handler, the palette (Ctrl+K) and the help (?) read it.
// Keys are matched by `event.code`, so they work under any layout and on macOS, and never while an
// input method composes.
import { shallowReactive } from 'vue';
import type { Key } from '@/i18n';
import { prefs } from './prefs';

export interface Command {
    id: string;
    label: Key;
    group: Key;
    /** `Alt+KeyJ`, `Ctrl+KeyK`, or a single key `KeyJ` (outside inputs only). */
    keys?: string[];
    enabled?: () => boolean;
    run: () => void;
    /** Text for the palette when the label alone is not enough. */
    detail?: string;
    hidden?: boolean;
}

const all = shallowReactive(new Map<string, Command>());

/** Register; the returned function removes exactly these again. */
export function addCommands(list: Command[]): () => void {
    for (const c of list) all.set(c.id, c);
    return () => {
        for (const c of list) if (all.get(c.id) === c) all.delete(c.id);
    };
}

export const commands = () => [...all.values()];

export function runCommand(id: string): boolean {
    const c = all.get(id);
    if (!c || c.enabled?.() === false) return false;
    c.run();
    return true;
}

export const composing = (e: KeyboardEvent) => e.isComposing || e.keyCode === 229;

export function comboOf(e: KeyboardEvent): string {
    const mods = `${e.ctrlKey || (e.metaKey && isMac) ? 'Ctrl+' : ''}${e.altKey ? 'Alt+' : ''}${e.shiftKey ? 'Shift+' : ''}`;
    return mods + e.code;
}

const isMac = typeof navigator !== 'undefined' && /mac/i.test(navigator.platform);

export function inInput(target: EventTarget | null): boolean {
    const el = target as HTMLElement | null;
    if (!el?.closest) return false;
    return !!el.closest(
        'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]',
    );
}

export function onKeydown(e: KeyboardEvent) {
    if (composing(e) || e.defaultPrevented) return;
    const combo = comboOf(e);
    const single = !/^(Ctrl|Alt)\+/.test(combo) && !/^(Shift\+)?F\d/.test(combo);
    if (single && (!prefs.singleKeys || inInput(e.target))) return;
    // A modal is on top: its own keys only.
    if (document.querySelector('dialog:modal') && combo !== 'Ctrl+KeyK') return;
    for (const c of all.values()) {
        if (!c.keys?.includes(combo) || c.enabled?.() === false) continue;
        e.preventDefault();
        c.run();
        return;
    }
}

/** `Alt+KeyJ` → what is printed on the keys of this machine. */
export function keyCaps(combo: string): string[] {
    if (combo === 'Shift+Slash') return ['?'];
    return combo.split('+').map((k) => {
        if (k === 'Ctrl') return isMac ? '\u2318' : 'Ctrl';
        if (k === 'Alt') return isMac ? '\u2325' : 'Alt';
        if (k === 'Shift') return isMac ? '\u21e7' : 'Shift';
        if (k === 'BracketLeft') return '[';
        if (k === 'BracketRight') return ']';
        if (k === 'Slash') return '/';
        if (k === 'Escape') return 'Esc';
        return k.replace(/^Key|^Digit/, '');
    });
}
