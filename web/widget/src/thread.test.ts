// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { linked } from "./dom";
import { openStore } from "./store";
import { shades } from "./theme";
import { Thread } from "./thread";
import type { Message } from "./types";

const m = (seq: number, more: Partial<Message> = {}): Message => ({ conversation: "1", seq, role: "agent", kind: "text", text: `${seq}`, at: seq, ...more });

test("whatever way a message comes, and however often, it is there once and in order", () => {
    const t = new Thread();
    for (const seq of [3, 1, 5, 3, 2, 5]) t.put(m(seq));
    t.put(m(1, { conversation: "2" }));
    t.put(m(1, { conversation: "10" }));
    expect(t.list.map((x) => `${x.conversation}:${x.seq}`)).toEqual(["1:1", "1:2", "1:3", "1:5", "2:1", "10:1"]);
    expect(t.put(m(5))).toBe(false);
    expect(t.last("1")).toBe(5);
    expect(t.last("3")).toBe(0);
});
test("what was recalled stays recalled when an old copy comes", () => {
    const t = new Thread();
    t.put(m(1));
    t.recall("1", 1);
    t.put(m(1));
    expect(t.list[0]).toMatchObject({ recalled: true });
    t.recall("2", 1);
    expect(t.list.length).toBe(1);
});
test("only http(s) becomes a link", () => {
    const parts = linked("看 https://a.example/b?c=1，再看 javascript:alert(1) <b>x</b>");
    expect(parts.filter((p) => typeof p !== "string").map((p) => (p as HTMLAnchorElement).href)).toEqual(["https://a.example/b?c=1"]);
    expect(parts.map((p) => (typeof p === "string" ? p : p.textContent)).join("")).toContain("<b>x</b>");
});
test("refused storage falls back to memory and says so", () => {
    const s = openStore("t:", () => {
        throw new Error("denied");
    });
    s.set("a", { b: 1 });
    expect(s.get("a")).toEqual({ b: 1 });
    expect(s.lasting).toBe(false);
    s.set("a", null);
    expect(s.get("a")).toBeUndefined();
});
test("a full storage does not throw", () => {
    const full = new Proxy({} as Record<string, string>, { set: (o, k, v) => (String(k).endsWith("?") ? ((o[String(k)] = v), true) : false) });
    const s = openStore("t:", () => full as unknown as Storage);
    expect(s.lasting).toBe(true);
    expect(() => s.set("a", 1)).not.toThrow();
});

const lum = (c: string) => {
    const [r, g, b] = c.match(/\d+/g)!.map((v) => (Number(v) / 255 <= 0.04045 ? Number(v) / 255 / 12.92 : ((Number(v) / 255 + 0.055) / 1.055) ** 2.4)) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a: string, b: string) => {
    const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p) as [number, number];
    return (x + 0.05) / (y + 0.05);
};
test.each(["#0b5cd7", "#ffcc00", "#00ff88", "#ffffff", "#000000", "#e02020", "#808080"])("shop colour %s is readable", (hex) => {
    const c = shades(hex)!;
    expect(contrast(c.l, "rgb(255,255,255)")).toBeGreaterThanOrEqual(4.5);
    expect(contrast(c.l, "rgb(245,246,248)")).toBeGreaterThanOrEqual(4.5);
    expect(contrast(c.d, "rgb(23,28,34)")).toBeGreaterThanOrEqual(4.5);
    expect(contrast(c.d, "rgb(8,20,39)")).toBeGreaterThanOrEqual(4.5);
});
test("what is no colour changes nothing", () => {
    for (const x of ["", "red", "#12", "url(x)", "#12345g"]) expect(shades(x)).toBeUndefined();
});
