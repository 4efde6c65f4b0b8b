// SPDX-License-Identifier: Apache-2.0
// Messages on their way. Each has a client_id, so that sending it again is harmless. One is in flight
// at a time: what was written first arrives first. Text and cards survive a closed page.
import type { Store } from "./store";
import type { Card, FileInfo, Kind } from "./types";

export type OutState = "upload" | "wait" | "sending" | "failed";
export interface Out {
    id: string;
    kind: Kind;
    text?: string;
    card?: Card;
    file?: FileInfo;
    at: number;
    state: OutState;
    /** Why it failed: "offline" and "late" are sent again by themselves, a server code is not. */
    code?: string;
    /** The picked file and its preview; never stored. */
    local?: { blob: File; url: string };
}

export interface OutboxHost {
    up(): boolean;
    send(frame: Record<string, unknown>): boolean;
    changed(): void;
    now(): number;
}

export const LATE_MS = 10_000;
const STALE_MS = 36e5;
const KEY = "out";

/** 128 random bits. crypto.randomUUID() is not there on a plain http page. */
export const newId = (): string => Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("-");

export class Outbox {
    items: Out[] = [];
    private timers_ = new Map<string, number>();
    private hold_ = 0;

    constructor(
        private host_: OutboxHost,
        private store_: Store,
    ) {
        for (const o of store_.get<Out[]>(KEY) ?? []) {
            // What was written an hour ago is not sent behind the visitor's back.
            const old = host_.now() - o.at > STALE_MS;
            this.items.push({ ...o, state: old ? "failed" : "wait", code: old ? "stale" : undefined });
            if (!old) this.watch_(o.id);
        }
    }

    add(o: Out): void {
        this.items.push(o);
        if (!o.local) {
            this.edit_((l) => [...l, { id: o.id, kind: o.kind, text: o.text, card: o.card, at: o.at, state: "wait" }]);
            this.watch_(o.id);
        }
        this.pump_();
        this.host_.changed();
    }

    /** The server has it; also called when its message frame comes before the ack. */
    done(id: string): Out | undefined {
        const o = this.find(id);
        if (!o) return undefined;
        this.drop(id);
        this.pump_();
        return o;
    }

    drop(id: string): void {
        clearTimeout(this.timers_.get(id));
        this.items = this.items.filter((o) => o.id !== id);
        this.edit_((l) => l.filter((o) => o.id !== id));
        this.host_.changed();
    }

    fail(id: string, code: string): void {
        const o = this.find(id);
        if (!o) return;
        clearTimeout(this.timers_.get(id));
        o.state = "failed";
        o.code = code;
        this.pump_();
        this.host_.changed();
    }

    /** The server asks for patience: nothing leaves until then, order is kept. */
    later(id: string, ms: number): void {
        const o = this.find(id);
        if (o) o.state = "wait";
        clearTimeout(this.hold_);
        // Waiting because we were asked to is not being late.
        for (const t of this.timers_.values()) clearTimeout(t);
        this.hold_ = setTimeout(() => {
            this.hold_ = 0;
            for (const x of this.items) if (x.state === "wait") this.watch_(x.id);
            this.pump_();
        }, ms) as unknown as number;
        this.host_.changed();
    }

    retry(id: string): void {
        const o = this.find(id);
        if (!o) return;
        o.code = undefined;
        o.state = "wait";
        o.at = this.host_.now();
        this.watch_(id);
        this.pump_();
        this.host_.changed();
    }

    /** Upload finished. */
    ready(id: string, file: FileInfo): void {
        const o = this.find(id);
        if (!o) return;
        o.file = file;
        this.retry(id);
    }

    link(up: boolean): void {
        for (const o of this.items) {
            if (!up && o.state === "sending") o.state = "wait";
            if (up && o.state === "failed" && (o.code === "late" || o.code === "offline") && (!o.local || o.file)) {
                o.state = "wait";
                o.code = undefined;
                this.watch_(o.id);
            }
        }
        if (up) this.pump_();
        this.host_.changed();
    }

    clear(): void {
        for (const o of this.items) clearTimeout(this.timers_.get(o.id));
        this.items = [];
        this.store_.set(KEY, null);
    }

    find(id: string): Out | undefined {
        return this.items.find((o) => o.id === id);
    }

    private watch_(id: string): void {
        clearTimeout(this.timers_.get(id));
        this.timers_.set(
            id,
            setTimeout(() => this.hold_ || this.fail(id, this.host_.up() ? "late" : "offline"), LATE_MS) as unknown as number,
        );
    }

    private pump_(): void {
        if (!this.host_.up() || this.hold_ || this.items.some((o) => o.state === "sending")) return;
        const o = this.items.find((x) => x.state === "wait");
        if (!o) return;
        const { id, kind, text, card, file } = o;
        if (this.host_.send({ type: "send", client_id: id, kind, text, card, file: file?.id })) o.state = "sending";
    }

    /** Other tabs share the list: always change the stored one, never overwrite it. */
    private edit_(change: (list: Out[]) => Out[]): void {
        const list = change(this.store_.get<Out[]>(KEY) ?? []);
        this.store_.set(KEY, list.length > 0 ? list : null);
    }
}
