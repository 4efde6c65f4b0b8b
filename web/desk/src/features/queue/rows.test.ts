// SPDX-License-Identifier: Apache-2.0
import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import * as api from '@/api/desk';
import type { Me, Message, Row } from '@/api/types';
import { prefs } from '@/core/prefs';
import { freeze } from '@/core/urgency';
import { useSession } from '@/features/session/store';
import { useRows } from './rows';

vi.mock('@/api/desk', () => ({ conversations: vi.fn() }));
const answer = vi.mocked(api.conversations);

const T = 1_800_000_000_000;
const row = (id: string, more: Partial<Row> = {}): Row => ({
    id,
    channel: { id: '1', name: '', kind: 'web' },
    customer: { id, name: `n${id}`, visitor: true, blocked: false, vip: '', returning: false },
    status: 'open',
    stage: 'pre',
    assignee: { id: '3', name: 'x' },
    last_seq: 1,
    last: null,
    unread: 0,
    agent_read_seq: 0,
    visitor_read_seq: 0,
    emotion: 'calm',
    intensity: 0,
    priority: 0,
    tags: [],
    queued_at: T,
    created_at: T,
    updated_at: T,
    closed_at: null,
    close_reason: null,
    snooze_until: null,
    sla: null,
    page: null,
    rating: null,
    subject: '',
    ...more,
});
const due = (ms: number, more = {}) => ({
    sla: { kind: 'reply' as const, started_at: T, due_at: T + ms, limit_ms: 20_000, paused: false },
    ...more,
});
let rows: ReturnType<typeof useRows>;
beforeEach(() => {
    setActivePinia(createPinia());
    useSession().me = { user: { id: '3' } } as unknown as Me;
    prefs.sort = 'urgency';
    rows = useRows();
    answer.mockReset();
});
const fill = (...list: Row[]) => {
    for (const r of list) rows.put(r);
    rows.flush();
};

describe('order', () => {
    it('the least time left first, then waiting for an answer, then the customer’s turn, then snoozed', () => {
        fill(
            row('1', { status: 'snoozed', snooze_until: T }),
            row('2', { status: 'waiting' }),
            row('3'),
            row('4', due(9000)),
            row('5', due(3000)),
        );
        expect(rows.order.ids).toEqual(['5', '4', '3', '2', '1']);
    });
    it('a feeling that presses counts like less time left; a stopped clock does not press', () => {
        const paused = row('3', due(1000));
        paused.sla!.paused = true;
        fill(row('1', due(9000)), row('2', due(15_000, { priority: 2 })), paused);
        expect(rows.order.ids).toEqual(['2', '1', '3']);
    });
    it('does not move while held, and says how many would stand above', () => {
        fill(row('1', due(5000)), row('2', due(9000)));
        expect(rows.order.ids).toEqual(['1', '2']);
        rows.held = true;
        fill(row('3', due(1000)), row('4', due(2000)));
        expect(rows.order).toEqual({ ids: ['1', '2', '3', '4'], above: 2 });
        rows.held = false;
        expect(rows.order).toEqual({ ids: ['3', '4', '1', '2'], above: 0 });
    });
    it('a row that left goes at once, held or not', () => {
        expect(freeze(['1', '2', '3'], ['3', '1'])).toEqual({ ids: ['1', '3'], above: 1 });
    });
});

describe('copies of a row', () => {
    it('an older one never wins', () => {
        fill(row('1', { last_seq: 5, subject: 'new' }));
        fill(row('1', { last_seq: 4, subject: 'old' }));
        fill(row('1', { last_seq: 5, updated_at: T - 1, subject: 'older' }));
        expect(rows.get('1')?.subject).toBe('new');
        fill(row('1', { last_seq: 5, updated_at: T, subject: 'same time' }));
        expect(rows.get('1')?.subject).toBe('same time');
    });
    it('a replayed message does not turn the row back', () => {
        fill(row('1', { last_seq: 5, unread: 2 }));
        const m = {
            conversation: '1',
            seq: 3,
            role: 'customer',
            kind: 'text',
            text: 'x',
            at: T,
        } as Message;
        rows.message(m, null, 1, 'open');
        rows.flush();
        expect(rows.get('1')).toMatchObject({ last_seq: 5, unread: 2 });
        rows.message({ ...m, seq: 6 }, null, 3, 'open');
        rows.flush();
        expect(rows.get('1')).toMatchObject({ last_seq: 6, unread: 3, last: { text: 'x' } });
    });
});

describe('load', () => {
    it('the answer to "mine" drops what is not mine any more', async () => {
        fill(row('1'), row('2'));
        await new Promise((done) => setTimeout(done, 5));
        answer.mockResolvedValue({ items: [row('2')], next: null });
        await rows.load('mine');
        expect(rows.mine.map((r) => r.id)).toEqual(['2']);
    });
    it('another list never drops mine, and a page of several drops nothing', async () => {
        fill(row('1'), row('9', { status: 'queued', assignee: null }));
        await new Promise((done) => setTimeout(done, 5));
        answer.mockResolvedValue({ items: [], next: 'more' });
        await rows.load('queue');
        expect(rows.get('9')).toBeTruthy();
        answer.mockResolvedValue({ items: [], next: null });
        await rows.load('queue');
        expect(rows.get('9')).toBeUndefined();
        expect(rows.get('1')).toBeTruthy();
    });
    it('a failure is kept for the list to show', async () => {
        answer.mockRejectedValue(new Error('x'));
        await rows.load('all');
        expect(rows.lists.all.error).toBeInstanceOf(Error);
        expect(rows.lists.all.loading).toBe(false);
    });
});
