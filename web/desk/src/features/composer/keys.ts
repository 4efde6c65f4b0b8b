// SPDX-License-Identifier: Apache-2.0
// What a key in the reply field means. Pure. An Enter that ends an input-method composition never sends:
// some browsers report it with isComposing, some only with keyCode 229.
import { composing } from '@/core/commands';

export type KeyIntent = '' | 'send' | 'sendNext' | 'leave';
type Key = Pick<
    KeyboardEvent,
    'key' | 'isComposing' | 'keyCode' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey' | 'repeat'
>;

export function intentOf(e: Key, sendKey: 'enter' | 'ctrl'): KeyIntent {
    if (composing(e as KeyboardEvent)) return '';
    if (e.key === 'Escape') return 'leave';
    // Alt+Enter belongs to "end and next"; a held key must not send twice.
    if (e.key !== 'Enter' || e.altKey || e.repeat) return '';
    const ctrl = e.ctrlKey || e.metaKey;
    if (sendKey === 'ctrl') return ctrl ? (e.shiftKey ? 'sendNext' : 'send') : '';
    if (e.shiftKey) return '';
    return ctrl ? 'sendNext' : 'send';
}

/** An Enter that would send but repeats must not fall through to a newline either. */
export const isHeldSend = (e: Key, sendKey: 'enter' | 'ctrl') =>
    e.repeat && intentOf({ ...pick(e), repeat: false }, sendKey).startsWith('send');

function pick(e: Key): Key {
    const { key, isComposing, keyCode, shiftKey, ctrlKey, metaKey, altKey, repeat } = e;
    return { key, isComposing, keyCode, shiftKey, ctrlKey, metaKey, altKey, repeat };
}
