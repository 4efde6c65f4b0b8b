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
    /** up: welcome was received. tries: failed attempts in a row. */
    state(up: boolean, tries: number): void;
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
    private ws?: WebSocket;
    private tries = 0;
    private timer = 0;
    private ping = 0;
    private stopped = true;
    private busy = false;

    constructor(private host: LinkHost) {}

    start(): void {
        this.stopped = false;
        void this.connect();
    }

    /** Skips the waiting time: the browser came online, or the visitor looks at the panel again. */
    hurry(): void {
        if (this.stopped || this.ws || this.busy) return;
        clearTimeout(this.timer);
        void this.connect();
    }

    stop(): void {
        this.stopped = true;
        clearTimeout(this.timer);
        const ws = this.ws;
        this.lost();
        ws?.close();
    }

    send(frame: Record<string, unknown>): boolean {
        if (!this.up) return false;
        this.ws?.send(JSON.stringify(frame));
        return true;
    }

    private lost(): void {
        this.ws = undefined;
        clearTimeout(this.ping);
        if (this.up) {
            this.up = false;
            this.host.state(false, 0);
        }
    }

    private again(floor = 0): void {
        if (this.stopped) return;
        const wait = Math.max(floor, backoff(this.tries++, this.host.random ?? Math.random));
        this.host.state(false, this.tries);
        clearTimeout(this.timer);
        this.timer = setTimeout(() => void this.connect(), wait) as unknown as number;
    }

    private async connect(): Promise<void> {
        if (this.busy || this.ws) return;
        this.busy = true;
        let token: string;
        try {
            token = await this.host.authorise();
        } catch (e) {
            this.busy = false;
            const { fatal, wait } = e as { fatal?: boolean; wait?: number };
            if (!fatal) this.again(wait);
            return;
        }
        this.busy = false;
        if (this.stopped) return;
        const ws = new (this.host.WebSocket ?? WebSocket)(this.host.url);
        this.ws = ws;
        // A silent line is a dead line: every frame renews the deadline, a ping asks for one.
        const alive = () => {
            clearTimeout(this.ping);
            this.ping = setTimeout(() => {
                this.send({ type: "ping" });
                this.ping = setTimeout(() => ws.onclose?.({ code: 0 } as CloseEvent), DEAD_MS) as unknown as number;
            }, PING_MS) as unknown as number;
        };
        alive();
        ws.onopen = () => ws.send(JSON.stringify({ type: "hello", token, after: this.host.after() }));
        ws.onmessage = (e) => {
            if (this.ws !== ws) return;
            alive();
            let f: Frame;
            try {
                f = JSON.parse(e.data as string);
            } catch {
                return;
            }
            if (f.type === "welcome") {
                this.tries = 0;
                this.up = true;
                this.host.frame(f);
                this.host.state(true, 0);
            } else this.host.frame(f);
        };
        ws.onclose = (e) => {
            if (this.ws !== ws) return;
            this.lost();
            try {
                ws.close();
            } catch {
                /* was closed */
            }
            if (e.code === 4401) this.host.expired();
            this.again(e.code === 4429 ? 5000 : 0);
        };
    }
}
