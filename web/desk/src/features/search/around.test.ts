// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { pieces } from '@/core/format';
import { atHour, localInput } from '@/features/close/times';
import { load, rank } from '@/features/transfer/rank';
import { around } from './around';

const marked = (text: string, spans: [number, number][]) => {
    const a = around(text, spans);
    return pieces(a.text, a.spans)
        .filter((p) => p.hit)
        .map((p) => p.text);
};
it('a short text stays whole', () => {
    expect(around('运费谁出', [[0, 2]])).toEqual({ text: '运费谁出', spans: [[0, 2]] });
});
it('a long text is cut around the first hit, spans in code points', () => {
    const text = `${'😀'.repeat(150)}运费${'好'.repeat(150)}`;
    expect(marked(text, [[150, 152]])).toEqual(['运费']);
    expect(Array.from(around(text, [[150, 152]]).text).length).toBeLessThanOrEqual(98);
});
it('a hit in the first words needs no leading dots', () => {
    const a = around(`运费${'好'.repeat(200)}`, [[0, 2]]);
    expect(a.text.startsWith('运费')).toBe(true);
    expect(a.spans).toEqual([[0, 2]]);
});
it('a colleague who is there and carries least comes first', () => {
    const one = (id: string, status: string, open: number, capacity = 6) =>
        ({ id, name: id, status, reason: '', open, capacity }) as never;
    const ids = rank([
        one('a', 'break', 0),
        one('b', 'online', 6),
        one('c', 'online', 1),
        one('d', 'busy', 0),
    ]).map((x) => x.id);
    expect(ids).toEqual(['c', 'b', 'd', 'a']);
    expect(load(one('e', 'online', 0, 0))).toBe(1);
});
it('tomorrow 9:00 is in the own morning', () => {
    const at = new Date(2026, 11, 31, 23, 50).getTime();
    expect(localInput(atHour(at, 1, 9))).toBe('2027-01-01T09:00');
});
