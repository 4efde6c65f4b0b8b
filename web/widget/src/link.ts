// SPDX-License-Identifier: Apache-2.0
// The socket: session first, then hello; reconnects with jittered backoff, pings, re-authorises.
// Refuses nothing and keeps no messages: what must survive lives in the outbox and the thread.
import type { Frame } from "./types";

export interface LinkHost {
    url: string;
    /** Makes sure that there is a token. Rejects with {fatal} when trying again is pointless. */
    authorise(): Promise<string>;
    /** Last seq seen, for the replay. */
    after(): number;
    frame(f: Frame): void;
    /** up: welcome was received. asked: the server asked for this many ms of patience. */
    state(up: boolean, asked?: number): void;
    expired(): void;
    WebSocket?: typeof WebSocket;
    random?: () => number;
}

export const MAX_DELAY_MS = 30_000;
export const PING_MS = 25_000;
const DEAD_MS = 10_000;

/** Full delay doubles from 1 s to 30 s; half of it is random, so that a thousand panels spread out. */
export function backoff(tries: number, random: () => number): number {
    return Math.min(MAX_DELAY_MS, 1000 * 2 ** tries) * (0.5 + random() / 2);
}

export class Link {
    up = false;
    private ws_?: WebSocket;
    private tries_ = 0;
    private timer_ = 0;
    private ping_ = 0;
    private stopped_ = true;
    private busy_ = false;

    constructor(private host_: LinkHost) {}

    start(): void {
        this.stopped_ = false;
        void this.connect_();
    }

    /** Skips the waiting time: the browser came online, or the visitor looks at the panel again. */
    hurry(): void {
        if (this.stopped_ || this.ws_ || this.busy_) return;
        clearTimeout(this.timer_);
        void this.connect_();
    }

    stop(): void {
        this.stopped_ = true;
        clearTimeout(this.timer_);
        const ws = this.ws_;
        this.lost_();
        ws?.close();
    }

    send(frame: Record<string, unknown>): boolean {
        if (!this.up) return false;
        this.ws_?.send(JSON.stringify(frame));
        return true;
    }

    private lost_(): void {
        this.ws_ = undefined;
        clearTimeout(this.ping_);
        if (this.up) {
            this.up = false;
            this.host_.state(false);
        }
    }

    private again_(floor = 0): void {
        if (this.stopped_) return;
        const wait = Math.max(floor, backoff(this.tries_++, this.host_.random ?? Math.random));
        this.host_.state(false, floor);
        clearTimeout(this.timer_);
        this.timer_ = setTimeout(() => void this.connect_(), wait) as unknown as number;
    }

    private async connect_(): Promise<void> {
        if (this.busy_ || this.ws_) return;
        this.busy_ = true;
        let token: string;
        try {
            token = await this.host_.authorise();
        } catch (e) {
            this.busy_ = false;
            const { fatal, wait } = e as { fatal?: boolean; wait?: number };
            if (!fatal) this.again_(wait);
            return;
        }
        this.busy_ = false;
        if (this.stopped_) return;
        const ws = new (this.host_.WebSocket ?? WebSocket)(this.host_.url);
        this.ws_ = ws;
        let patience = 0;
        // A silent line is a dead line: every frame renews the deadline, a ping asks for one.
        const alive = () => {
            clearTimeout(this.ping_);
            this.ping_ = setTimeout(() => {
                this.send({ type: "ping" });
                this.ping_ = setTimeout(() => ws.onclose?.({ code: 0 } as CloseEvent), DEAD_MS) as unknown as number;
            }, PING_MS) as unknown as number;
        };
        alive();
        ws.onopen = () => ws.send(JSON.stringify({ type: "hello", token, after: this.host_.after() }));
        ws.onmessage = (e) => {
            if (this.ws_ !== ws) return;
            alive();
            let f: Frame;
            try {
                f = JSON.parse(e.data as string);
            } catch {
                return;
            }
            if (f.type === "welcome") {
                this.tries_ = 0;
                this.up = true;
                this.host_.frame(f);
                this.host_.state(true);
            } else {
                if (f.type === "bye") patience = f.retry_after_ms ?? 0;
                this.host_.frame(f);
            }
        };
        ws.onclose = (e) => {
            if (this.ws_ !== ws) return;
            this.lost_();
            try {
                ws.close();
            } catch {
                /* was closed */
            }
            if (e.code === 4401) this.host_.expired();
            this.again_(patience || (e.code === 4429 ? 5000 : 0));
        };
    }
}
