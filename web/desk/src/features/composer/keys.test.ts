// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { intentOf, isHeldSend } from './keys';

const key = (more: Partial<KeyboardEvent> = {}) =>
    ({
        key: 'Enter',
        isComposing: false,
        keyCode: 13,
        shiftKey: false,
        ctrlKey: false,
        metaKey: false,
        altKey: false,
        repeat: false,
        ...more,
    }) as KeyboardEvent;

describe('Enter sends', () => {
    it('alone sends, with Shift breaks the line, with Ctrl sends and goes on', () => {
        expect(intentOf(key(), 'enter')).toBe('send');
        expect(intentOf(key({ shiftKey: true }), 'enter')).toBe('');
        expect(intentOf(key({ ctrlKey: true }), 'enter')).toBe('sendNext');
        expect(intentOf(key({ metaKey: true }), 'enter')).toBe('sendNext');
    });
    it('with Alt belongs to another command', () => {
        expect(intentOf(key({ altKey: true }), 'enter')).toBe('');
    });
    it('never sends what the input method is composing', () => {
        expect(intentOf(key({ isComposing: true }), 'enter')).toBe('');
        expect(intentOf(key({ keyCode: 229 }), 'enter')).toBe('');
        expect(intentOf(key({ isComposing: true, ctrlKey: true }), 'enter')).toBe('');
        expect(intentOf(key({ keyCode: 229, ctrlKey: true }), 'ctrl')).toBe('');
        expect(intentOf(key({ key: 'Escape', isComposing: true }), 'enter')).toBe('');
    });
    it('held down neither sends again nor breaks lines', () => {
        expect(intentOf(key({ repeat: true }), 'enter')).toBe('');
        expect(isHeldSend(key({ repeat: true }), 'enter')).toBe(true);
        expect(isHeldSend(key({ repeat: true, shiftKey: true }), 'enter')).toBe(false);
    });
});

describe('Ctrl+Enter sends', () => {
    it('Enter alone breaks the line', () => {
        expect(intentOf(key(), 'ctrl')).toBe('');
        expect(intentOf(key({ ctrlKey: true }), 'ctrl')).toBe('send');
        expect(intentOf(key({ ctrlKey: true, shiftKey: true }), 'ctrl')).toBe('sendNext');
    });
});
