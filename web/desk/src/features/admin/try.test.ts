// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { GuardRule } from '@/api/types';
import { contrast } from '@/core/contrast';
import { originOf } from '@/features/entry/form';
import { tryText } from './try';

const rule = (level: GuardRule['level'], ...words: string[]): GuardRule => ({
    id: 'r',
    version: 1,
    level,
    words,
    message: '',
    rewrite: null,
});

describe('tryText', () => {
    it('counts code points and finds every place', () => {
        const hits = tryText('😀最便宜，真的最便宜', [rule('warn', '最便宜')]);
        expect(hits.map((h) => h.span)).toEqual([
            [1, 4],
            [7, 10],
        ]);
    });
    it('ignores case and rules that are off', () => {
        expect(tryText('TMD', [rule('block', 'tmd')])).toHaveLength(1);
        expect(tryText('TMD', [rule('off', 'tmd')])).toHaveLength(0);
    });
});

describe('forms', () => {
    it.each([
        ['https://shop.example/a?b=1', 'https://shop.example'],
        ['shop.example', 'https://shop.example'],
        ['http://localhost:8080', 'http://localhost:8080'],
        ['javascript:alert(1)', null],
        ['ftp://shop.example', null],
        ['shop', null],
        ['', null],
    ])('origin of %s', (text, origin) => expect(originOf(text)).toBe(origin));

    it('knows contrast', () => {
        expect(contrast('#000', '#ffffff')).toBeCloseTo(21, 5);
        expect(contrast('#0b5cd7', '#ffffff')).toBeGreaterThan(4.5);
        expect(contrast('#ffd54a', '#ffffff')).toBeLessThan(4.5);
        expect(contrast('red', '#ffffff')).toBe(0);
    });
});
