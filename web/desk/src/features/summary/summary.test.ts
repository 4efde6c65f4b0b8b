// SPDX-License-Identifier: Apache-2.0
import { mount } from '@vue/test-utils';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/http';
import type { Emotion, FeelingPoint, Row, Summary } from '@/api/types';
import { summaryWords } from '@/i18n/summary';
import { glyphs, place, worst } from './curve';
import SummaryCard from './SummaryCard.vue';

const get = vi.hoisted(() => vi.fn());
vi.mock('@/api/http', async (original) => ({ ...(await original<object>()), get }));

const point = (seq: number, emotion: Emotion, intensity = 0): FeelingPoint => ({
    seq,
    at: seq * 1000,
    emotion,
    intensity,
});
const line = (kind: Summary['lines'][number]['kind'], text: string, seqs: number[] = []) => ({
    kind,
    text,
    seqs,
});
const summary = (more: Partial<Summary> = {}): Summary => ({
    last_seq: 9,
    lines: [
        line('who', '甲'),
        line('wish', '要换货', [9, 2]),
        line('feeling', '一直平静', [2]),
        line('done', '还没有人答复'),
        line('promised', '没有承诺'),
    ],
    curve: [point(2, 'calm'), point(9, 'angry', 3)],
    ...more,
});
const row = (id: string, last_seq = 9) => ({ id, last_seq }) as Row;
const card = (props: object = {}) =>
    mount(SummaryCard, { props: { row: row('7'), open: true, ...props } });
const settle = () => new Promise((done) => setTimeout(done));

beforeEach(() => get.mockReset());

describe('curve', () => {
    it('angrier is lower, pleased is above calm, all inside', () => {
        const ys = [
            point(1, 'pleased', 3),
            point(2, 'calm'),
            point(3, 'anxious', 1),
            point(4, 'anxious', 3),
            point(5, 'disappointed', 2),
            point(6, 'angry', 3),
        ].map((p) => place([p])[0]!.y);
        expect([...ys].sort((a, b) => a - b)).toEqual(ys);
        expect(Math.min(...ys)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...ys)).toBeLessThanOrEqual(1);
    });
    it('shows worst, last and first however many there are, never on each other', () => {
        const many = Array.from({ length: 300 }, (_, i) => point(i, i % 2 ? 'calm' : 'anxious', 1));
        many[150] = point(150, 'angry', 2);
        const shown = glyphs(place(many));
        expect(shown.map((m) => m.p.seq)).toEqual(expect.arrayContaining([0, 150, 299]));
        expect(shown.length).toBeLessThanOrEqual(13);
        for (let i = 1; i < shown.length; i++)
            expect(shown[i]!.x - shown[i - 1]!.x).toBeGreaterThanOrEqual(0.08);
    });
    it('nothing, and one', () => {
        expect(glyphs(place([]))).toEqual([]);
        expect(worst([])).toBeUndefined();
        expect(glyphs(place([point(1, 'calm')])).length).toBe(1);
    });
});

describe('card', () => {
    it('asks only when it is opened', async () => {
        get.mockResolvedValue(summary());
        const w = card({ open: false });
        await settle();
        expect(get).not.toHaveBeenCalled();
        await w.get('h2 button').trigger('click');
        await settle();
        expect(get).toHaveBeenCalledWith('/api/conversations/7/summary');
        expect(w.findAll('dt').length).toBe(5);
        await w.get('h2 button').trigger('click');
        expect(w.find('dl').exists()).toBe(false);
    });
    it('links are in order and name their message; a preview has none', async () => {
        get.mockResolvedValue(summary());
        const w = card();
        await settle();
        expect(w.findAll('.go').map((x) => x.text())).toEqual(['#2', '#9', '#2']);
        await w.findAll('.go')[1]!.trigger('click');
        expect(w.emitted('show')).toEqual([[9]]);
        const p = card({ preview: true });
        await settle();
        expect(p.find('.go').exists()).toBe(false);
    });
    it('an answer for another conversation is dropped', async () => {
        let slow: (s: Summary) => void = () => {};
        get.mockReturnValueOnce(new Promise<Summary>((done) => (slow = done)));
        get.mockResolvedValueOnce(
            summary({ lines: summary().lines.map((l) => ({ ...l, text: '乙' })) }),
        );
        const w = card();
        await w.setProps({ row: row('8') });
        await settle();
        slow(summary());
        await settle();
        expect(w.findAll('dd').every((x) => x.text().includes('乙'))).toBe(true);
    });
    it('says that there is nothing, and that it failed, and asks again', async () => {
        get.mockResolvedValueOnce(
            summary({ curve: [], lines: summary().lines.map((l) => ({ ...l, seqs: [] })) }),
        );
        const w = card();
        await settle();
        expect(w.text()).toContain(summaryWords['zh-CN'].none);
        get.mockRejectedValueOnce(new ApiError('net.timeout', 'slow', 0));
        get.mockResolvedValueOnce(summary());
        const bad = card();
        await settle();
        expect(bad.find('[role=alert]').exists()).toBe(true);
        await bad.get('[role=alert] button').trigger('click');
        await settle();
        expect(bad.find('dl').exists()).toBe(true);
    });
    it('the table tells readers each point', async () => {
        get.mockResolvedValue(summary());
        const w = card();
        await settle();
        expect(w.findAll('tbody tr').length).toBe(2);
        expect(w.get('figure').text()).toContain('愤怒');
    });
});

describe('words', () => {
    const holes = (s: string) => (s.match(/\{\w+\}/g) ?? []).sort();
    it.each(['zh-TW', 'en'] as const)('%s has the same {holes}', (l) => {
        for (const [k, v] of Object.entries(summaryWords['zh-CN']))
            expect(holes(summaryWords[l][k as keyof (typeof summaryWords)['en']]), k).toEqual(
                holes(v),
            );
    });
});
