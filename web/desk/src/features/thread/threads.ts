// SPDX-License-Identifier: Apache-2.0
// The threads this tab has open, and sending. The socket is given by live.ts.
import { defineStore } from 'pinia';
import { shallowReactive } from 'vue';
import * as api from '@/api/desk';
import { ApiError } from '@/api/http';
import type { DeskSocket } from '@/api/socket';
import type { FileRef, Frame, Id, Message, MessageKind } from '@/api/types';
import { serverNow } from '@/core/clock';
import { newClientId } from '@/core/format';
import { drafts, draftsChanged } from '@/features/queue/draftPreview';
import { useRows } from '@/features/queue/rows';
import { useSession } from '@/features/session/store';
import { FRESH_MS, Outbox } from './outbox';
import { contiguousTo, merge, newThread, type Outgoing, type Thread } from './thread';

const KEEP_OPEN = 20;
const SLOW_MS = 10_000;

export interface SendRequest {
    conversation: Id;
    kind: MessageKind;
    text: string;
    file?: FileRef;
    suggestion?: string;
    guardSeen?: string[];
}

export const useThreads = defineStore('threads', () => {
    const rows = useRows();
    const session = useSession();
    const all = shallowReactive(new Map<Id, Thread>());
    let socket: DeskSocket | null = null;
    let outbox = new Outbox('');

    const get = (id: Id) => all.get(id);

    function ensure(id: Id): Thread {
        let t = all.get(id);
        if (!t) {
            t = newThread(id);
            all.set(id, t);
            evict(id);
        }
        return t;
    }

    function evict(keep: Id) {
        if (all.size <= KEEP_OPEN) return;
        const idle = [...all.values()]
            .filter((t) => t.id !== keep && !t.outs.length)
            .sort((a, b) => a.openedAt - b.openedAt)[0];
        if (!idle) return;
        all.delete(idle.id);
        socket?.unwatch(idle.id);
    }

    const lastSeq = (id: Id) => contiguousTo(all.get(id)?.msgs ?? []);

    /** For `hello`: every thread whose newest messages are held. */
    function held(): Record<Id, number> {
        const out: Record<Id, number> = {};
        for (const t of all.values()) if (t.loaded) out[t.id] = lastSeq(t.id);
        return out;
    }

    /** Show a conversation: newest page, details, then live from there. */
    async function open(id: Id) {
        const t = ensure(id);
        t.openedAt = Date.now();
        t.unreadFrom = 0;
        if (t.loading) return;
        if (!t.loaded) {
            t.loading = 'first';
            t.error = null;
            try {
                const page = await api.messages(id, {});
                t.msgs = merge(t.msgs, page.items);
                t.hasBefore = (t.msgs[0]?.seq ?? 1) > 1;
                t.loaded = true;
            } catch (e) {
                t.error = e;
            } finally {
                t.loading = '';
            }
        }
        if (!t.error) socket?.watch(id);
        await Promise.all([details(id), suggest(id)]);
    }

    async function details(id: Id) {
        try {
            const d = await api.conversation(id);
            const t = ensure(id);
            t.customer = d.customer;
            t.history = d.history;
            rows.put(d.conversation);
        } catch (e) {
            const t = all.get(id);
            if (t && !t.loaded) t.error = e;
        }
    }

    async function suggest(id: Id) {
        try {
            const t = ensure(id);
            const asked = t.msgs.at(-1)?.seq ?? 0;
            const { items } = await api.suggestions(id);
            if (t.suggestFor <= asked) t.suggestions = items;
        } catch {
            // Suggestions are a help, never a hindrance.
        }
    }

    async function before(id: Id) {
        const t = ensure(id);
        const first = t.msgs[0]?.seq ?? 0;
        if (t.loading || !t.hasBefore || first <= 1) return;
        t.loading = 'before';
        try {
            const page = await api.messages(id, { before: first });
            t.msgs = merge(t.msgs, page.items);
            t.hasBefore = page.items.length > 0 && (t.msgs[0]?.seq ?? 1) > 1;
        } finally {
            t.loading = '';
        }
    }

    /** Load backwards until `seq` is held (search result); gives up after 40 pages. */
    async function reach(id: Id, seq: number) {
        for (let i = 0; i < 40; i++) {
            const t = ensure(id);
            if (!t.msgs.length || t.msgs[0]!.seq <= seq || !t.hasBefore) return;
            await before(id);
        }
    }

    function add(m: Message) {
        const t = all.get(m.conversation);
        if (!t) return;
        if (m.client_id) drop(m.client_id);
        const last = t.msgs.at(-1)?.seq ?? 0;
        t.msgs = merge(t.msgs, [m]);
        if (t.loaded && last && m.seq > last + 1)
            socket?.refill(m.conversation, contiguousTo(t.msgs));
    }

    function change(id: Id, seq: number, patch: Partial<Message>) {
        const t = all.get(id);
        if (!t) return;
        t.msgs = t.msgs.map((m) => (m.seq === seq ? { ...m, ...patch } : m));
    }

    function send(r: SendRequest) {
        const t = ensure(r.conversation);
        const o: Outgoing = {
            clientId: newClientId(),
            conversation: r.conversation,
            kind: r.kind,
            text: r.text,
            at: serverNow(),
            state: 'sending',
            ...(r.suggestion ? { suggestion: r.suggestion } : {}),
            ...(r.file ? { file: r.file } : {}),
            ...(r.guardSeen ? { guardSeen: r.guardSeen } : {}),
        };
        t.outs = [...t.outs, o];
        outbox.put(o);
        transmit(o);
        return o.clientId;
    }

    function transmit(o: Outgoing) {
        const { clientId, conversation, kind, text, suggestion, file, guardSeen } = o;
        socket?.send({
            conversation,
            client_id: clientId,
            kind,
            text,
            ...(file ? { file: file.id } : {}),
            ...(suggestion ? { suggestion } : {}),
            ...(guardSeen?.length ? { guard_seen: guardSeen } : {}),
        });
        setTimeout(() => mark(clientId, (x) => x.state === 'sending', { state: 'slow' }), SLOW_MS);
    }

    function find(clientId: string): { t: Thread; o: Outgoing } | null {
        for (const t of all.values()) {
            const o = t.outs.find((x) => x.clientId === clientId);
            if (o) return { t, o };
        }
        return null;
    }

    function mark(clientId: string, when: (o: Outgoing) => boolean, patch: Partial<Outgoing>) {
        const hit = find(clientId);
        if (!hit || !when(hit.o)) return;
        const next = { ...hit.o, ...patch };
        hit.t.outs = hit.t.outs.map((o) => (o === hit.o ? next : o));
        outbox.put(next);
    }

    function drop(clientId: string): Outgoing | null {
        const hit = find(clientId);
        if (!hit) return null;
        socket?.forget(clientId);
        outbox.drop(clientId);
        hit.t.outs = hit.t.outs.filter((o) => o !== hit.o);
        return hit.o;
    }

    function again(clientId: string, guardSeen?: string[]) {
        const o = drop(clientId);
        // A new id: the old one may have been refused for good.
        if (o) send({ ...o, guardSeen: guardSeen ?? o.guardSeen, file: o.file as FileRef });
    }

    function ack(f: Extract<Frame, { type: 'ack' }>) {
        const hit = f.client_id ? find(f.client_id) : null;
        if (!hit || !f.seq) return;
        const { o } = hit;
        drop(o.clientId);
        if (hit.t.msgs.some((m) => m.seq === f.seq)) return;
        const me = session.user;
        add({
            conversation: o.conversation,
            seq: f.seq,
            role: 'agent',
            kind: o.kind,
            text: o.text,
            at: f.at ?? o.at,
            ...(o.file ? { file: o.file } : {}),
            ...(me ? { sender: { id: me.id, name: me.nickname || me.name } } : {}),
        });
    }

    function refused(f: Extract<Frame, { type: 'error' }>) {
        if (f.client_id) mark(f.client_id, () => true, { state: 'failed', code: f.code });
    }

    async function recall(id: Id, seq: number) {
        if (!socket?.put({ type: 'recall', conversation: id, seq })) {
            throw new ApiError('net.offline', 'offline');
        }
        const t = all.get(id);
        const m = t?.msgs.find((x) => x.seq === seq);
        if (t && m?.text) t.recalled.set(seq, m.text);
    }

    /** After a start: what an earlier life of this tab left unsent goes on, or comes back as a draft. */
    function restore() {
        outbox = new Outbox(session.user?.id ?? '');
        for (const o of outbox.all()) {
            if (find(o.clientId)) continue;
            const waiting = o.state === 'sending' || o.state === 'slow';
            if (waiting && serverNow() - o.at > FRESH_MS) {
                outbox.drop(o.clientId);
                const mode = o.kind === 'note' ? 'note' : 'reply';
                const d = drafts().get(o.conversation, mode);
                if (o.text) {
                    drafts().set(o.conversation, mode, d ? `${o.text}\n${d.text}` : o.text);
                    draftsChanged();
                }
                continue;
            }
            const t = ensure(o.conversation);
            t.outs = [...t.outs, o];
            if (waiting) transmit(o);
        }
    }

    return {
        all,
        get,
        ensure,
        lastSeq,
        held,
        open,
        details,
        suggest,
        before,
        reach,
        add,
        change,
        send,
        again,
        drop,
        mark,
        find,
        ack,
        refused,
        recall,
        attach(s: DeskSocket | null) {
            socket = s;
            if (s) restore();
        },
        clear() {
            all.clear();
        },
    };
});
