// SPDX-License-Identifier: Apache-2.0
// Joins the socket to the stores: what each frame changes, what rings, what the tab says.
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { ApiError, onSessionGone } from '@/api/http';
import { DeskSocket, type SocketState } from '@/api/socket';
import type { AgentState, AgentStatus, Frame, Id } from '@/api/types';
import { serverNow } from '@/core/clock';
import { notify, tone } from '@/core/sound';
import { customerName } from '@/features/customer/name';
import { t } from '@/i18n';
import { useRows } from './queue/rows';
import { useSession } from './session/store';
import { fail } from './thread/say';
import { useThreads } from './thread/threads';

const BANNER_MS = 1500;
const LATE_AGAIN_MS = 30_000;

export const useLive = defineStore('live', () => {
    const session = useSession();
    const rows = useRows();
    const threads = useThreads();
    const state = ref<SocketState>('idle');
    /** True once the connection has been away for 1.5 s; a blink shows nothing. */
    const banner = ref(false);
    const syncedAt = ref(0);
    const agent = shallowRef<AgentState | null>(null);
    const agents = shallowRef(new Map<Id, AgentState>());
    /** The conversation on the screen; set by the workbench view. */
    const openId = ref<Id | null>(null);
    /** Last thing for the polite announcer. */
    const said = ref('');
    const guarded = shallowRef<Extract<Frame, { type: 'guard' }> | null>(null);
    let bannerTimer = 0;
    let queueTimer = 0;
    let lateAt = 0;
    let socket: DeskSocket | null = null;

    const visible = (id: Id) => id === openId.value && document.visibilityState === 'visible';

    function onState(s: SocketState) {
        state.value = s;
        clearTimeout(bannerTimer);
        if (s === 'live' || s === 'idle') banner.value = false;
        else if (!banner.value) {
            bannerTimer = window.setTimeout(() => (banner.value = true), BANNER_MS);
        }
    }

    function refreshLists() {
        clearTimeout(queueTimer);
        queueTimer = window.setTimeout(() => {
            if (rows.view !== 'mine') void rows.load(rows.view);
        }, 400);
    }

    function onFrame(f: Frame) {
        syncedAt.value = serverNow();
        switch (f.type) {
            case 'welcome':
                agent.value = { ...f.me, reason: f.me.reason ?? '' };
                void rows.load(rows.view);
                if (rows.view !== 'mine') void rows.load('mine');
                return;
            case 'conversation': {
                const before = rows.get(f.row.id);
                const wasMine = before && rows.isMine(before);
                rows.put(f.row);
                // What I took myself is open already and needs no tone.
                if (rows.isMine(f.row) && !wasMine && syncedOnce && !visible(f.row.id))
                    ring(f.row.id);
                return;
            }
            case 'message': {
                const m = f.message;
                const isNew = m.seq > (rows.get(m.conversation)?.last_seq ?? 0);
                rows.message(m, f.sla, f.unread, f.status);
                threads.add(m);
                if (m.role === 'customer') typed(m.conversation);
                if (m.role !== 'customer' || !isNew) return;
                if (visible(m.conversation)) said.value = m.text || t(`kind.${m.kind}`);
                else if (rows.mine.some((r) => r.id === m.conversation)) {
                    tone('message');
                    notify(
                        customerName(rows.get(m.conversation)?.customer),
                        m.text,
                        m.conversation,
                    );
                }
                return;
            }
            case 'ack':
                return threads.ack(f);
            case 'guard':
                guarded.value = f;
                return threads.mark(f.client_id, () => true, {
                    state: 'blocked',
                    level: f.level,
                    hits: f.hits,
                });
            case 'error':
                if (!f.client_id) fail(new ApiError(f.code, f.message));
                return threads.refused(f);
            case 'presence': {
                rows.presence.set(f.conversation, { users: f.users, visitor: f.visitor });
                return;
            }
            case 'sla':
                return onSla(f);
            case 'suggest': {
                const th = threads.get(f.conversation);
                if (th && f.for_seq >= th.suggestFor) {
                    th.suggestFor = f.for_seq;
                    th.suggestions = f.items;
                }
                return;
            }
            case 'recalled':
                return threads.change(f.conversation, f.seq, { recalled: true, text: '' });
            case 'corrected':
                return threads.change(f.conversation, f.seq, { corrected: f.corrected });
            case 'read':
                return rows.edit(f.conversation, { visitor_read_seq: f.seq });
            case 'agent': {
                const { type: _, ...a } = f;
                if (a.id === session.user?.id) agent.value = a;
                agents.value = new Map(agents.value).set(a.id, a);
                return;
            }
            case 'queue':
                rows.counts.queue = f.waiting;
                rows.counts.all = f.all;
                rows.longestSince = f.longest_since;
                return refreshLists();
        }
    }

    /** What was being typed has been sent; the frame that says so may come later or never. */
    function typed(id: Id) {
        const p = rows.presence.get(id);
        if (!p?.visitor.typing) return;
        rows.presence.set(id, { ...p, visitor: { ...p.visitor, typing: false, preview: '' } });
    }

    let syncedOnce = false;
    function ring(id: Id) {
        tone('chat');
        notify(t('alert.newChat'), customerName(rows.get(id)?.customer), id);
    }

    function onSla(f: Extract<Frame, { type: 'sla' }>) {
        const row = rows.get(f.conversation);
        if (row) {
            const sla = row.sla ?? {
                kind: f.kind,
                limit_ms: f.due_at - f.started_at,
                paused: false,
            };
            rows.edit(row.id, { sla: { ...sla, ...pick(f) } });
        }
        if (!row || !rows.isMine(row)) return;
        if (f.state === 'warning') {
            tone('warning');
            if (visible(row.id)) said.value = t('sla.saidWarning');
        } else if (Date.now() - lateAt > LATE_AGAIN_MS) {
            lateAt = Date.now();
            tone('warning');
            notify(t('sla.late'), customerName(row.customer), row.id);
        }
    }

    function start() {
        if (socket) return;
        socket = new DeskSocket({
            frame: (f) => {
                onFrame(f);
                // The rows that follow `welcome` are not news; what comes a second later is.
                if (f.type === 'welcome') setTimeout(() => (syncedOnce = true), 1000);
            },
            state: onState,
            gone: (code) => session.end(code),
            lastSeq: threads.lastSeq,
            held: threads.held,
        });
        threads.attach(socket);
        socket.start();
    }

    function stop() {
        socket?.stop();
        socket = null;
        syncedOnce = false;
        threads.attach(null);
        threads.clear();
        rows.clear();
        agent.value = null;
    }

    onSessionGone((code) => {
        stop();
        session.end(code);
    });

    function setStatus(status: AgentStatus, reason = '') {
        if (agent.value) agent.value = { ...agent.value, status, reason };
        return socket?.put({ type: 'status', status, ...(reason ? { reason } : {}) }) ?? false;
    }

    function read(id: Id) {
        const row = rows.get(id);
        if (!row || (row.agent_read_seq >= row.last_seq && row.unread === 0)) return;
        if (socket?.put({ type: 'read', conversation: id, seq: row.last_seq })) {
            rows.edit(id, { unread: 0, agent_read_seq: row.last_seq });
        }
    }

    return {
        state,
        banner,
        syncedAt,
        agent,
        agents,
        openId,
        said,
        guarded,
        online: computed(() => state.value === 'live'),
        start,
        stop,
        setStatus,
        read,
        nudge: () => socket?.nudge(),
        alive: () => socket?.put({ type: 'active' }),
        typing: (conversation: Id, on: boolean, mode: 'reply' | 'note') =>
            socket?.put({ type: 'typing', conversation, on, mode }),
    };
});

function pick(f: Extract<Frame, { type: 'sla' }>) {
    return { kind: f.kind, due_at: f.due_at, started_at: f.started_at };
}
