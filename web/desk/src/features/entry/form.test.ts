// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { contrast } from '@/core/contrast';
import { originOf } from './form';

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
