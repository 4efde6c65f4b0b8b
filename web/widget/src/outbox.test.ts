// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LATE_MS, newId, Outbox, type Out } from "./outbox";
import { openStore } from "./store";

let up: boolean;
let sent: Record<string, unknown>[];
let kept: Storage;
const box = () =>
    new Outbox(
        { up: () => up, send: (f) => (sent.push(f), true), changed: () => {}, now: () => Date.now() },
        openStore("t:", () => kept),
    );
const text = (id: string, words = id): Out => ({ id, kind: "text", text: words, at: Date.now(), state: "wait" });
const ids = () => sent.map((f) => f.client_id);

beforeEach(() => {
    vi.useFakeTimers();
    up = true;
    sent = [];
    kept = {} as Storage;
});
afterEach(() => vi.useRealTimers());

test("one at a time, in the order of writing", () => {
    const o = box();
    for (const id of ["a", "b", "c"]) o.add(text(id));
    expect(ids()).toEqual(["a"]);
    o.done("a");
    expect(ids()).toEqual(["a", "b"]);
    o.done("b");
    o.done("c");
    expect(ids()).toEqual(["a", "b", "c"]);
    expect(o.items).toEqual([]);
});

test("what was written without a line goes out in order once it is back", () => {
    up = false;
    const o = box();
    for (const id of ["a", "b", "c"]) o.add(text(id));
    vi.advanceTimersByTime(LATE_MS + 1);
    expect(o.items.map((x) => x.code)).toEqual(["offline", "offline", "offline"]);
    expect(sent).toEqual([]);
    up = true;
    o.link(true);
    for (const id of ["a", "b", "c"]) o.done(id);
    expect(ids()).toEqual(["a", "b", "c"]);
});

test("survives a reload: same ids, same order", () => {
    up = false;
    const before = box();
    for (const id of ["a", "b"]) before.add(text(id));
    up = true;
    const o = box();
    o.link(true);
    expect(sent[0]).toMatchObject({ client_id: "a", text: "a" });
    o.done("a");
    expect(ids()).toEqual(["a", "b"]);
    o.done("b");
    expect(box().items).toEqual([]);
});

test("an unanswered message is sent again with its id when the line comes back", () => {
    const o = box();
    o.add(text("a"));
    up = false;
    o.link(false);
    up = true;
    o.link(true);
    expect(ids()).toEqual(["a", "a"]);
    o.done("a");
    expect(o.done("a")).toBeUndefined();
    expect(o.items).toEqual([]);
});

test("a refused message stays refused, the next one goes on", () => {
    const o = box();
    o.add(text("a"));
    o.add(text("b"));
    o.fail("a", "message.blocked");
    expect(ids()).toEqual(["a", "b"]);
    o.done("b");
    o.link(true);
    expect(ids()).toEqual(["a", "b"]);
    o.retry("a");
    expect(ids()).toEqual(["a", "b", "a"]);
});

test("asked for patience: nothing leaves before, nothing counts as late, order is kept", () => {
    const o = box();
    o.add(text("a"));
    o.add(text("b"));
    o.later("a", 15_000);
    vi.advanceTimersByTime(14_999);
    expect(ids()).toEqual(["a"]);
    expect(o.items.map((x) => x.state)).toEqual(["wait", "wait"]);
    vi.advanceTimersByTime(2);
    expect(ids()).toEqual(["a", "a"]);
    o.done("a");
    expect(ids()).toEqual(["a", "a", "b"]);
});

test("what is an hour old waits for the visitor's word", () => {
    up = false;
    box().add(text("a"));
    vi.setSystemTime(Date.now() + 3_700_000);
    up = true;
    const o = box();
    o.link(true);
    expect(sent).toEqual([]);
    expect(o.items[0]).toMatchObject({ state: "failed", code: "stale" });
});

test("a picture is sent when it is uploaded, and is never stored", () => {
    const o = box();
    const local = { blob: new File(["x"], "x.png"), url: "blob:x" };
    o.add({ id: "p", kind: "image", at: Date.now(), state: "upload", local });
    expect(sent).toEqual([]);
    expect(kept["t:out"]).toBeUndefined();
    o.ready("p", { id: "9", name: "x.png", type: "image/png", bytes: 1, url: "/f" });
    expect(sent[0]).toMatchObject({ client_id: "p", kind: "image", file: "9" });
});

test("another tab's unsent messages are not overwritten", () => {
    up = false;
    const one = box();
    const two = box();
    one.add(text("a"));
    two.add(text("b"));
    one.drop("a");
    expect(JSON.parse(kept["t:out"]!).map((x: Out) => x.id)).toEqual(["b"]);
});

test("ids are short enough and do not repeat", () => {
    const all = new Set(Array.from({ length: 2000 }, newId));
    expect(all.size).toBe(2000);
    for (const id of all) expect(id.length).toBeLessThanOrEqual(64);
});
