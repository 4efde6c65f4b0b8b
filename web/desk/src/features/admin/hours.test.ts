// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Hours, Span } from '@/api/types';
import {
    copyDay,
    dayGroups,
    fine,
    minutes,
    nextSpan,
    openMinutes,
    readTime,
    spanFaults,
    weekFaults,
} from './hours';

const s = (text: string): Span => {
    const [from = '', to = ''] = text.split('-');
    return { from, to };
};
const week = (...days: string[]): Span[][] => days.map((d) => (d ? d.split(' ').map(s) : []));

describe('minutes', () => {
    it.each([
        ['09:30', 570],
        ['24:00', 1440],
        ['24:01', -1],
        ['9:30', -1],
        ['10:60', -1],
        ['', -1],
    ])('%s', (text, n) => expect(minutes(text)).toBe(n));
});

describe('readTime', () => {
    it.each([
        ['9', '09:00'],
        ['930', '09:30'],
        ['9：30', '09:30'],
        ['18.15', '18:15'],
        [' 24 ', '24:00'],
        ['25', ''],
        ['9:5', ''],
        ['上午', ''],
    ])('%s', (text, want) => expect(readTime(text)).toBe(want));
});

describe('faults', () => {
    it('finds overlaps on both sides', () => {
        expect(spanFaults([s('09:00-12:00'), s('11:00-14:00'), s('14:00-15:00')])).toEqual([
            'overlap',
            'overlap',
            null,
        ]);
    });
    it('lets a span end after midnight or at it', () => {
        expect(spanFaults([s('22:00-02:00'), s('09:00-12:00')])).toEqual([null, null]);
        expect(spanFaults([s('18:00-00:00')])).toEqual([null]);
    });
    it('refuses an empty and a half-typed span', () => {
        expect(spanFaults([s('09:00-09:00'), s('-18:00')])).toEqual(['empty', 'format']);
    });
    it('sees a night that runs into the next morning', () => {
        const w = week('22:00-02:00', '01:00-05:00', '', '', '', '', '');
        expect(weekFaults(w)[0]).toEqual(['nextDay']);
        const round = week('01:00-03:00', '', '', '', '', '', '20:00-02:00');
        expect(weekFaults(round)[6]).toEqual(['nextDay']);
    });
    it('judges the whole form', () => {
        const h: Hours = {
            timezone: 'Asia/Shanghai',
            week: week('09:00-18:00', '', '', '', '', '', ''),
            breaks: [s('12:00-13:00')],
            holidays: [{ date: '2026-02-17', name: '春节', open: [] }],
            always: false,
            version: 1,
        };
        expect(fine(h)).toBe(true);
        expect(fine({ ...h, holidays: [...h.holidays, ...h.holidays] })).toBe(false);
        expect(fine({ ...h, breaks: [s('12:00-12:00')] })).toBe(false);
        expect(fine({ ...h, holidays: [{ date: '', name: '', open: [] }] })).toBe(false);
    });
});

describe('helpers', () => {
    it('counts open minutes without breaks', () => {
        expect(openMinutes([s('09:00-18:00')], [s('12:00-13:00')])).toBe(480);
        expect(openMinutes([s('22:00-02:00')], [s('00:30-01:00')])).toBe(210);
        expect(openMinutes([], [s('12:00-13:00')])).toBe(0);
    });
    it('joins equal neighbours', () => {
        const w = week('09:00-18:00', '09:00-18:00', '10:00-12:00', '10:00-12:00', '', '', '');
        expect(dayGroups(w).map((g) => [g.from, g.to])).toEqual([
            [0, 1],
            [2, 3],
            [4, 6],
        ]);
    });
    it('copies a day without sharing it', () => {
        const w = copyDay(week('09:00-18:00', '', '', '', '', '', ''), 0, [1, 2]);
        expect(w[1]).toEqual([s('09:00-18:00')]);
        expect(w[1]?.[0]).not.toBe(w[0]?.[0]);
        expect(w[3]).toEqual([]);
    });
    it('offers a span that fits', () => {
        for (const day of [
            '',
            '09:00-12:00',
            '09:00-12:00 13:00-18:00',
            '20:00-23:30',
            '22:00-02:00',
        ]) {
            const spans = week(day)[0] ?? [];
            expect(spanFaults([...spans, nextSpan(spans)]).some(Boolean), day).toBe(false);
        }
    });
});
