// SPDX-License-Identifier: Apache-2.0
// The one socket of a workbench tab (docs/protocol.md §4): hello, watch with `after`, reconnect with
// jitter, resend of unacknowledged sends (idempotent by client_id), and the server's clock.
import { clockSample } from '@/core/clock';
import type { Frame, Id, SendFrame } from './types';

export type SocketState = 'idle' | 'connecting' | 'live' | 'waiting' | 'gone';
type Wire = { type: string; [key: string]: unknown };

export interface SocketHooks {
    frame(f: Frame): void;
    state(s: SocketState): void;
    /** Session refused (4401): the desk must log in again. */
    gone(code: string): void;
    /** Last seq held for a conversation, so that a new connection asks only for what is missing. */
    lastSeq(conversation: Id): number;
    /** The same for every thread held: `hello` carries it, and the server sends what is missing. */
    held(): Record<Id, number>;
}

const PING_MS = 25_000;
const SILENCE_MS = 40_000;
const BACKOFF_MAX_MS = 30_000;

export class DeskSocket {
    private ws: WebSocket | null = null;
    private tries = 0;
    private timer = 0;
    private pinger = 0;
    private heardAt = 0;
    private pingAt = 0;
    private wanted = false;
    private live = false;
    private readonly watched = new Set<Id>();
    private readonly unacked = new Map<string, SendFrame>();

    constructor(
        private readonly hooks: SocketHooks,
        private readonly url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/ws`,
    ) {}

    start() {
        if (this.wanted) return;
        this.wanted = true;
        addEventListener('online', this.nudge);
        document.addEventListener('visibilitychange', this.nudge);
        this.connect();
    }

    stop() {
        this.wanted = false;
        removeEventListener('online', this.nudge);
        document.removeEventListener('visibilitychange', this.nudge);
        clearTimeout(this.timer);
        clearInterval(this.pinger);
        this.ws?.close(1000);
        this.ws = null;
        this.live = false;
        this.watched.clear();
        this.unacked.clear();
        this.hooks.state('idle');
    }

    /** Reconnect now instead of waiting out the backoff. */
    readonly nudge = () => {
        if (!this.wanted || document.visibilityState === 'hidden') return;
        if (!this.ws) {
            clearTimeout(this.timer);
            this.connect();
        } else if (Date.now() - this.heardAt > PING_MS) this.ping();
    };

    watch(id: Id) {
        this.watched.add(id);
        this.put({ type: 'watch', conversation: id, after: this.hooks.lastSeq(id) });
    }

    unwatch(id: Id) {
        if (this.watched.delete(id)) this.put({ type: 'unwatch', conversation: id });
    }

    /** Ask again for what lies between, after a hole was seen in the sequence. */
    refill(id: Id, after: number) {
        this.put({ type: 'watch', conversation: id, after });
    }

    /** Kept until acknowledged, refused or guarded; sent again after a reconnect. */
    send(frame: SendFrame) {
        this.unacked.set(frame.client_id, frame);
        this.put({ type: 'send', ...frame });
    }

    /** Give up on a send that has not been answered. */
    forget(clientId: string) {
        this.unacked.delete(clientId);
    }

    /** Best effort: lost when offline (typing, read, status, active). Says whether it went out. */
    put(frame: Wire): boolean {
        if (!this.live || this.ws?.readyState !== WebSocket.OPEN) return false;
        this.ws.send(JSON.stringify(frame));
        return true;
    }

    private connect() {
        this.hooks.state('connecting');
        const ws = new WebSocket(this.url);
        this.ws = ws;
        this.heardAt = Date.now();
        ws.onopen = () => {
            this.pingAt = Date.now();
            ws.send(JSON.stringify({ type: 'hello', after: this.hooks.held() }));
        };
        ws.onmessage = (e) => ws === this.ws && this.heard(e.data);
        ws.onclose = (e) => ws === this.ws && this.closed(e.code);
        clearInterval(this.pinger);
        this.pinger = window.setInterval(() => {
            if (Date.now() - this.heardAt > SILENCE_MS) ws.close(4000);
            else this.ping();
        }, PING_MS);
    }

    private ping() {
        this.pingAt = Date.now();
        this.put({ type: 'ping' });
    }

    private heard(data: unknown) {
        this.heardAt = Date.now();
        let frame: Frame;
        try {
            frame = JSON.parse(String(data));
        } catch {
            return;
        }
        switch (frame.type) {
            case 'welcome':
                clockSample(frame.now, this.pingAt, this.heardAt);
                this.live = true;
                this.tries = 0;
                this.hooks.state('live');
                this.hooks.frame(frame);
                for (const id of this.watched) this.watch(id);
                for (const s of this.unacked.values()) this.put({ type: 'send', ...s });
                return;
            case 'pong':
                clockSample(frame.now, this.pingAt, this.heardAt);
                return;
            case 'ack':
            case 'guard':
            case 'error':
                if (frame.client_id) this.unacked.delete(frame.client_id);
                break;
        }
        this.hooks.frame(frame);
    }

    private closed(code: number) {
        this.ws = null;
        this.live = false;
        clearInterval(this.pinger);
        if (!this.wanted) return;
        if (code === 4401) {
            this.wanted = false;
            this.hooks.state('gone');
            this.hooks.gone('session.gone');
            return;
        }
        // A restarting server is back soon; everything else backs off, with jitter so that a whole
        // team does not return in the same instant.
        const base = code === 1012 ? 300 : 500;
        const wait = Math.min(BACKOFF_MAX_MS, base * 2 ** this.tries) * (0.5 + Math.random() / 2);
        this.tries++;
        this.hooks.state('waiting');
        this.timer = window.setTimeout(() => this.connect(), wait);
    }
}
