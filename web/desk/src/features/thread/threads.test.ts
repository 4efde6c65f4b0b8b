// SPDX-License-Identifier: Apache-2.0
import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeskSocket } from '@/api/socket';
import type { Id, Message, SendFrame } from '@/api/types';
import { drafts, draftsStart } from '@/features/queue/draftPreview';
import { FRESH_MS, Outbox } from './outbox';
import type { Outgoing } from './thread';
import { useThreads } from './threads';

const store: Message[] = [];
vi.mock('@/api/desk', () => ({
    messages: vi.fn(async (_: string, q: { before?: number; limit?: number }) => {
        const end = (q.before ?? store.length + 1) - 1;
        return { items: store.slice(Math.max(0, end - 60), end) };
    }),
    conversation: vi.fn(async () => {
        throw new Error('not needed here');
    }),
    suggestions: vi.fn(async () => ({ items: [] })),
}));

const msg = (seq: number, more: Partial<Message> = {}): Message => ({
    conversation: '1',
    seq,
    role: 'customer',
    kind: 'text',
    text: `m${seq}`,
    at: seq * 1000,
    ...more,
});
function fakeSocket() {
    const s = {
        watched: [] as Id[],
        refills: [] as [Id, number][],
        sends: [] as SendFrame[],
        forgotten: [] as string[],
        watch: (id: Id) => s.watched.push(id),
        unwatch: () => {},
        refill: (id: Id, after: number) => s.refills.push([id, after]),
        send: (f: SendFrame) => s.sends.push(f),
        forget: (id: string) => s.forgotten.push(id),
        put: () => true,
    };
    return s;
}
const held = (id = '1') =>
    useThreads()
        .get(id)
        ?.msgs.map((m) => m.seq) ?? [];
let socket: ReturnType<typeof fakeSocket>;

beforeEach(() => {
    localStorage.clear();
    setActivePinia(createPinia());
    draftsStart('');
    store.length = 0;
    for (let i = 1; i <= 130; i++) store.push(msg(i));
    socket = fakeSocket();
    useThreads().attach(socket as unknown as DeskSocket);
});

describe('threads', () => {
    it('opens with the newest page and watches from there', async () => {
        const t = useThreads();
        await t.open('1');
        expect(held()[0]).toBe(71);
        expect(t.lastSeq('1')).toBe(130);
        expect(socket.watched).toEqual(['1']);
        expect(t.held()).toEqual({ '1': 130 });
    });
    it('a hole is asked for, from the last seq without one; the answer closes it in order', async () => {
        const t = useThreads();
        await t.open('1');
        t.add(msg(133));
        expect(socket.refills).toEqual([['1', 130]]);
        expect(t.held()).toEqual({ '1': 130 });
        t.add(msg(131));
        t.add(msg(132));
        t.add(msg(132));
        t.add(msg(133));
        expect(held().slice(-4)).toEqual([130, 131, 132, 133]);
        expect(t.lastSeq('1')).toBe(133);
    });
    it('older pages come before, without doubles', async () => {
        const t = useThreads();
        await t.open('1');
        await t.before('1');
        expect(held()[0]).toBe(11);
        await t.reach('1', 3);
        expect(held()).toEqual(Array.from({ length: 130 }, (_, i) => i + 1));
        expect(t.get('1')?.hasBefore).toBe(false);
    });
    it('one send is one message, in whichever order ack and message come', async () => {
        const t = useThreads();
        await t.open('1');
        const a = t.send({ conversation: '1', kind: 'text', text: 'a' });
        t.ack({ type: 'ack', client_id: a, conversation: '1', seq: 131, at: 1 });
        t.add(msg(131, { role: 'agent', text: 'a', client_id: a }));
        const b = t.send({ conversation: '1', kind: 'text', text: 'b' });
        t.add(msg(132, { role: 'agent', text: 'b', client_id: b }));
        t.ack({ type: 'ack', client_id: b, conversation: '1', seq: 132, at: 1 });
        expect(held().slice(-2)).toEqual([131, 132]);
        expect(t.get('1')?.outs).toEqual([]);
        expect(new Outbox('').all()).toEqual([]);
    });
    it('a refused send stays with its reason; trying again uses a new id', async () => {
        const t = useThreads();
        const a = t.send({ conversation: '1', kind: 'text', text: 'a' });
        t.refused({ type: 'error', code: 'conversation.closed', message: '', client_id: a });
        expect(t.get('1')?.outs[0]).toMatchObject({ state: 'failed', code: 'conversation.closed' });
        t.again(a);
        expect(socket.sends.map((s) => s.text)).toEqual(['a', 'a']);
        expect(socket.sends[1]?.client_id).not.toBe(a);
    });
});

describe('after a crash', () => {
    const left = (more: Partial<Outgoing>) =>
        new Outbox('').put({
            clientId: 'c1',
            conversation: '1',
            kind: 'text',
            text: '已经写好',
            at: Date.now(),
            state: 'sending',
            ...more,
        });
    it('what was on its way is sent again under the same id', () => {
        left({});
        useThreads().attach(socket as unknown as DeskSocket);
        expect(socket.sends).toMatchObject([{ client_id: 'c1', text: '已经写好' }]);
        useThreads().attach(socket as unknown as DeskSocket);
        expect(socket.sends).toHaveLength(1);
    });
    it('what is too old to go by itself comes back as a draft', () => {
        left({ at: Date.now() - FRESH_MS - 1000 });
        useThreads().attach(socket as unknown as DeskSocket);
        expect(socket.sends).toEqual([]);
        expect(drafts().get('1', 'reply')?.text).toBe('已经写好');
        expect(new Outbox('').all()).toEqual([]);
    });
    it('a broken entry is dropped, the others stay', () => {
        left({});
        localStorage.setItem('zx.out..bad', '{');
        expect(new Outbox('').all()).toHaveLength(1);
        expect(localStorage.getItem('zx.out..bad')).toBeNull();
    });
    it('another user of this browser sees none of it', () => {
        left({});
        expect(new Outbox('9').all()).toEqual([]);
    });
});
