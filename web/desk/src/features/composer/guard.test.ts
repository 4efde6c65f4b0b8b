// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, vi } from 'vitest';
import type { GuardHit } from '@/api/types';
import { slashWord } from './caret';
import { fillScript, holesIn } from './fill';
import { CONFIRM_MS, rangeOf, useGuard } from './guard';

const me = vi.hoisted(() => ({ user: { role: 'agent' } }));
vi.mock('@/features/session/store', () => ({ useSession: () => me }));
vi.mock('@/api/desk', () => ({ guardCheck: vi.fn(async () => ({ hits: [] })) }));

const hit = (more: Partial<GuardHit> = {}): GuardHit => ({
    rule: 'absolute_term',
    version: '3',
    level: 'warn',
    start: 2,
    end: 5,
    words: '最便宜',
    message: '',
    rewrite: null,
    ...more,
});

describe('where the words stand', () => {
    it('counts code points, answers offsets of a text field', () => {
        const text = '😀👍最便宜的一款';
        const r = rangeOf(text, hit());
        expect(r).toEqual({ from: 4, to: 7 });
        expect(text.slice(r!.from, r!.to)).toBe('最便宜');
    });
    it('looks for the words when the text has moved on', () => {
        expect(rangeOf('我说这是最便宜的', hit())).toEqual({ from: 4, to: 7 });
        expect(rangeOf('我改掉了', hit())).toBeNull();
    });
});

describe('what an Enter means', () => {
    it('warn: a second one, not sooner than the pause, names the rules', () => {
        const g = useGuard('1');
        g.set('x 最便宜', [hit()]);
        const t0 = g.armedAt.value;
        expect(g.enter(t0 + CONFIRM_MS - 1)).toEqual({ go: false, seen: [] });
        expect(g.enter(t0 + CONFIRM_MS)).toEqual({ go: true, seen: ['absolute_term'] });
        g.clear();
    });
    it('block: never', () => {
        const g = useGuard('1');
        g.set('x', [hit({ level: 'block' })]);
        expect(g.enter(g.armedAt.value + 60_000).go).toBe(false);
        g.clear();
    });
    it('approve: a supervisor after a second look, an agent never', () => {
        const g = useGuard('1');
        g.set('x', [hit({ level: 'approve' })]);
        const later = g.armedAt.value + 60_000;
        expect(g.enter(later).go).toBe(false);
        me.user.role = 'supervisor';
        const boss = useGuard('1');
        boss.set('x', [hit({ level: 'approve' })]);
        expect(boss.enter(later).go).toBe(true);
        me.user.role = 'agent';
        g.clear();
        boss.clear();
    });
    it('typing disarms and drops hits whose words are gone', () => {
        const g = useGuard('1');
        g.set('最便宜', [hit()]);
        g.typed('便宜');
        expect(g.hits.value).toEqual([]);
        expect(g.armedAt.value).toBe(0);
        g.clear();
    });
});

describe('scripts', () => {
    it('fills what is known and leaves the rest in braces', () => {
        const text = fillScript('{you}好，{agent.nickname}在，{promise.time}前回复', {
            you: '您',
            'agent.nickname': '小雨',
        });
        expect(text).toBe('您好，小雨在，{promise.time}前回复');
        expect(holesIn(text)).toEqual([{ name: 'promise.time', from: 7, to: 21 }]);
    });
    it('a value is never read again', () => {
        expect(fillScript('{a}', { a: '{b}', b: 'x' })).toBe('{b}');
    });
    it('a slash opens the popup at the start of a word only', () => {
        expect(slashWord('/yun', 4)).toEqual({ from: 0, query: 'yun' });
        expect(slashWord('好，/', 3)).toEqual({ from: 2, query: '' });
        expect(slashWord('1/2', 3)).toBeNull();
        expect(slashWord('https://a', 9)).toBeNull();
    });
});
