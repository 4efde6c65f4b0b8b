// SPDX-License-Identifier: Apache-2.0
// One conversation's messages as this tab holds them. Pure data and rules; no sockets, no Vue besides
// shallow reactivity, so that order, de-duplication and grouping can be tested alone.
import { shallowReactive } from 'vue';
import type {
    Customer,
    GuardHit,
    HistoryItem,
    Id,
    Message,
    MessageKind,
    Suggestion,
} from '@/api/types';
import { dayKey } from '@/core/format';

export interface Outgoing {
    clientId: string;
    conversation: Id;
    kind: MessageKind;
    text: string;
    suggestion?: string;
    file?: { id: Id; name: string; type: string; bytes: number; url: string };
    guardSeen?: string[];
    at: number;
    state: 'sending' | 'slow' | 'failed' | 'blocked';
    code?: string;
    level?: 'warn' | 'approve' | 'block';
    hits?: GuardHit[];
}

export interface Thread {
    id: Id;
    /** Ascending by seq, each seq once. */
    msgs: Message[];
    outs: Outgoing[];
    hasBefore: boolean;
    loading: '' | 'first' | 'before';
    loaded: boolean;
    error: unknown;
    suggestions: Suggestion[];
    suggestFor: number;
    customer: Customer | null;
    history: HistoryItem[];
    /** Where "new messages" begins, fixed when the thread is opened. */
    unreadFrom: number;
    openedAt: number;
    /** Own words of what was recalled here, for 「重新编辑」. */
    recalled: Map<number, string>;
}

export const newThread = (id: Id): Thread =>
    shallowReactive<Thread>({
        id,
        msgs: [],
        outs: [],
        hasBefore: true,
        loading: '',
        loaded: false,
        error: null,
        suggestions: [],
        suggestFor: 0,
        customer: null,
        history: [],
        unreadFrom: 0,
        openedAt: 0,
        recalled: new Map(),
    });

/** Add messages; the later copy of a seq wins (it may carry understanding or a recall). */
export function merge(have: Message[], more: Message[]): Message[] {
    if (!more.length) return have;
    const last = have.at(-1)?.seq ?? 0;
    if (more[0]!.seq > last && isAscending(more)) return have.concat(more);
    const bySeq = new Map<number, Message>();
    for (const m of have) bySeq.set(m.seq, m);
    for (const m of more) bySeq.set(m.seq, m);
    return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

function isAscending(m: Message[]): boolean {
    for (let i = 1; i < m.length; i++) if (m[i]!.seq <= m[i - 1]!.seq) return false;
    return true;
}

/** The highest seq up to which nothing is missing behind the first message held. */
export function contiguousTo(msgs: Message[]): number {
    let seq = msgs[0]?.seq ?? 0;
    for (let i = 1; i < msgs.length; i++) {
        if (msgs[i]!.seq !== seq + 1) return seq;
        seq++;
    }
    return seq;
}

export type Item =
    | { type: 'day'; key: string; at: number }
    | { type: 'unread'; key: string }
    | { type: 'msg'; key: string; m: Message; first: boolean; last: boolean }
    | { type: 'out'; key: string; o: Outgoing };

const GROUP_MS = 60_000;

function sameGroup(a: Message, b: Message): boolean {
    return (
        a.role === b.role &&
        a.role !== 'system' &&
        (a.kind === 'note') === (b.kind === 'note') &&
        a.sender?.id === b.sender?.id &&
        b.at - a.at < GROUP_MS
    );
}

/** Rows of the virtual list: day lines, unread line, grouped messages, what is still on its way. */
export function itemsOf(t: Pick<Thread, 'msgs' | 'outs' | 'unreadFrom'>): Item[] {
    const out: Item[] = [];
    const { msgs } = t;
    let day = '';
    let marked = t.unreadFrom === 0;
    // Formatting a date is the dear part: ask for the calendar day once a quarter of an hour
    // (no time zone breaks a quarter).
    let quarter = -1;
    for (let i = 0; i < msgs.length; i++) {
        const m = msgs[i]!;
        const q = Math.floor(m.at / 900_000);
        if (q !== quarter) {
            quarter = q;
            const d = dayKey(m.at);
            if (d !== day) {
                day = d;
                out.push({ type: 'day', key: `d${d}`, at: m.at });
            }
        }
        if (!marked && m.seq >= t.unreadFrom && m.role === 'customer') {
            marked = true;
            // All of it new: a line at the very top would say nothing.
            if (i > 0) out.push({ type: 'unread', key: 'unread' });
        }
        const prev = msgs[i - 1];
        const next = msgs[i + 1];
        out.push({
            type: 'msg',
            key: `m${m.seq}`,
            m,
            first: !prev || !sameGroup(prev, m),
            last: !next || !sameGroup(m, next),
        });
    }
    for (const o of t.outs) out.push({ type: 'out', key: `o${o.clientId}`, o });
    return out;
}
