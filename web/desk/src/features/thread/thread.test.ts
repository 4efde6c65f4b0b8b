// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Message } from '@/api/types';
import { hitsIn } from './find';
import { contiguousTo, itemsOf, merge } from './thread';

const at0 = Date.UTC(2026, 10, 25, 4);
const msg = (seq: number, more: Partial<Message> = {}): Message => ({
    conversation: '1',
    seq,
    role: 'customer',
    kind: 'text',
    text: `m${seq}`,
    at: at0 + seq * 1000,
    ...more,
});
const seqs = (m: Message[]) => m.map((x) => x.seq);

describe('merge', () => {
    it('keeps the order of seq, each once, however they arrive', () => {
        const a = merge([], [msg(3), msg(4)]);
        const b = merge(a, [msg(1), msg(2)]);
        const c = merge(b, [msg(6)]);
        const d = merge(c, [msg(5), msg(4)]);
        expect(seqs(d)).toEqual([1, 2, 3, 4, 5, 6]);
    });
    it('the later copy of a seq wins', () => {
        const d = merge([msg(1), msg(2)], [msg(2, { recalled: true, text: '' })]);
        expect(d[1]?.recalled).toBe(true);
        expect(d).toHaveLength(2);
    });
    it('nothing new leaves the same array, so that nothing is drawn again', () => {
        const a = [msg(1)];
        expect(merge(a, [])).toBe(a);
    });
});

describe('contiguousTo', () => {
    it('stops before the first hole', () => {
        expect(contiguousTo([])).toBe(0);
        expect(contiguousTo([msg(61), msg(62), msg(64)])).toBe(62);
    });
});

describe('items', () => {
    const t = (msgs: Message[], unreadFrom = 0) => itemsOf({ msgs, outs: [], unreadFrom });
    it('marks days, groups a minute, never joins note and reply', () => {
        const list = t([
            msg(1),
            msg(2),
            msg(3, { role: 'agent', sender: { id: '3', name: 'a' } }),
            msg(4, { role: 'agent', kind: 'note', sender: { id: '3', name: 'a' } }),
            msg(5, { at: at0 + 40 * 3_600_000 }),
        ]);
        expect(list.map((x) => x.type)).toEqual(['day', 'msg', 'msg', 'msg', 'msg', 'day', 'msg']);
        const firsts = list.flatMap((x) => (x.type === 'msg' ? [x.first] : []));
        expect(firsts).toEqual([true, false, true, true, true]);
    });
    it('puts the unread line before the first unread customer message, once', () => {
        const list = t([msg(1), msg(2, { role: 'agent' }), msg(3), msg(4)], 2);
        expect(list.findIndex((x) => x.type === 'unread')).toBe(3);
        expect(list.filter((x) => x.type === 'unread')).toHaveLength(1);
    });
    it('2,000 messages take a few milliseconds', () => {
        const many = Array.from({ length: 2000 }, (_, i) => msg(i + 1));
        const from = performance.now();
        expect(t(many)).toHaveLength(2001);
        expect(performance.now() - from).toBeLessThan(200);
    });
});

it('find looks at what can be seen, newest first', () => {
    const list = [
        msg(1, { text: '运费' }),
        msg(2, { text: '运费', recalled: true }),
        msg(3, { text: 'Yunfei 运费' }),
    ];
    expect(hitsIn(list, '运费')).toEqual([3, 1]);
    expect(hitsIn(list, ' yunfei ')).toEqual([3]);
    expect(hitsIn(list, ' ')).toEqual([]);
});
