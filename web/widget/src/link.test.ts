// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { backoff, Link, type LinkHost, MAX_DELAY_MS, PING_MS } from "./link";

class FakeSocket {
    static all: FakeSocket[] = [];
    sent: Record<string, unknown>[] = [];
    onopen?: () => void;
    onmessage?: (e: { data: string }) => void;
    onclose?: (e: { code: number }) => void;
    constructor() {
        FakeSocket.all.push(this);
    }
    send(text: string): void {
        this.sent.push(JSON.parse(text));
    }
    close(): void {}
    get(frame: Record<string, unknown>): void {
        this.onmessage?.({ data: JSON.stringify(frame) });
    }
}
const last = (): FakeSocket => FakeSocket.all[FakeSocket.all.length - 1]!;
const settle = () => vi.advanceTimersByTimeAsync(0);
let seen: string[];
let after: number;
let deny: unknown;
let expired: number;
const link = () =>
    new Link({
        url: "ws://x",
        async authorise() {
            if (deny) throw deny;
            return `token${expired}`;
        },
        after: () => after,
        frame: (f) => seen.push(f.type),
        state: (up, asked) => seen.push(`${up ? "up" : "down"}${asked ? `:${asked}` : ""}`),
        expired: () => expired++,
        WebSocket: FakeSocket as unknown as typeof WebSocket,
        random: () => 1,
    } as LinkHost);

beforeEach(() => {
    vi.useFakeTimers();
    FakeSocket.all = [];
    seen = [];
    after = expired = 0;
    deny = undefined;
});
afterEach(() => vi.useRealTimers());

async function connected(): Promise<Link> {
    const l = link();
    l.start();
    await settle();
    last().onopen?.();
    last().get({ type: "welcome" });
    return l;
}

test("the first frame is hello with the token and the last seq seen", async () => {
    after = 7;
    const l = await connected();
    expect(last().sent).toEqual([{ type: "hello", token: "token0", after: 7 }]);
    expect(l.up).toBe(true);
    expect(seen).toEqual(["welcome", "up"]);
});

test("nothing is sent before welcome", async () => {
    const l = link();
    l.start();
    await settle();
    expect(l.send({ type: "send" })).toBe(false);
});

test("resumes after a break from what was seen meanwhile", async () => {
    await connected();
    after = 12;
    last().onclose?.({ code: 1006 });
    expect(seen).toContain("down");
    await vi.advanceTimersByTimeAsync(1000);
    expect(FakeSocket.all.length).toBe(2);
    last().onopen?.();
    expect(last().sent[0]).toMatchObject({ type: "hello", after: 12 });
});

test("a rejected token is asked for anew", async () => {
    await connected();
    last().onclose?.({ code: 4401 });
    await vi.advanceTimersByTimeAsync(1000);
    last().onopen?.();
    expect(last().sent[0]).toMatchObject({ token: "token1" });
});

test("waits as long as Retry-After says, and says so", async () => {
    deny = { status: 429, wait: 20_000 };
    link().start();
    await settle();
    expect(seen).toEqual(["down:20000"]);
    deny = undefined;
    await vi.advanceTimersByTimeAsync(19_999);
    expect(FakeSocket.all.length).toBe(0);
    await vi.advanceTimersByTimeAsync(2);
    expect(FakeSocket.all.length).toBe(1);
});

test("bye with retry_after_ms sets the wait", async () => {
    await connected();
    last().get({ type: "bye", code: "busy", retry_after_ms: 9000 });
    last().onclose?.({ code: 4429 });
    await vi.advanceTimersByTimeAsync(8999);
    expect(FakeSocket.all.length).toBe(1);
    await vi.advanceTimersByTimeAsync(2);
    expect(FakeSocket.all.length).toBe(2);
});

test("a fault that will not go away ends the attempts", async () => {
    deny = { status: 404, fatal: true };
    link().start();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(FakeSocket.all.length).toBe(0);
});

test("a silent line is pinged and then given up", async () => {
    await connected();
    await vi.advanceTimersByTimeAsync(PING_MS);
    expect(last().sent[1]).toEqual({ type: "ping" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen.at(-1)).toBe("down");
});

test("back-off doubles to half a minute, at least half of it is kept", () => {
    expect([0, 1, 2, 9].map((n) => backoff(n, () => 1))).toEqual([1000, 2000, 4000, MAX_DELAY_MS]);
    expect(backoff(3, () => 0)).toBe(4000);
});

test("stop ends it, hurry does not start it again", async () => {
    const l = await connected();
    l.stop();
    l.hurry();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.all.length).toBe(1);
});
