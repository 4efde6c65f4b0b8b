// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test, vi } from "vitest";
import { app } from "./app";
import { composer, sends } from "./composer";
import html from "./panel.html?raw";
import { openStore } from "./store";

const body = /<body>([\s\S]*)<\/body>/.exec(html)![1]!;
const area = () => document.getElementById("hintTouch") as HTMLTextAreaElement;
const key = (o: KeyboardEventInit & { keyCode?: number }) => {
    const e = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...o });
    if (o.keyCode) Object.defineProperty(e, "keyCode", { value: o.keyCode });
    area().dispatchEvent(e);
    return e;
};
const write = (text: string) => {
    area().value = text;
    area().dispatchEvent(new Event("input"));
};
let sent: { text?: string }[];

beforeEach(() => {
    document.body.innerHTML = body;
    sent = [];
    app.store = openStore("t:", () => ({}) as Storage);
    app.link = { up: true, send: vi.fn(() => true) } as unknown as typeof app.link;
    app.outbox = { items: [], add: (o: { text?: string }) => sent.push(o), find: () => undefined } as unknown as typeof app.outbox;
    app.session = { limits: { text_chars: 2000, file_bytes: 1, file_types: [] }, channel: {} } as unknown as typeof app.session;
    composer();
});

test("Enter sends and empties the box, Shift+Enter does not", () => {
    write("你好");
    key({ key: "Enter", shiftKey: true });
    expect(sent).toEqual([]);
    const e = key({ key: "Enter" });
    expect(e.defaultPrevented).toBe(true);
    expect(sent.map((x) => x.text)).toEqual(["你好"]);
    expect(area().value).toBe("");
});
test("Enter that ends a composition is not a send", () => {
    write("nihao");
    key({ key: "Enter", isComposing: true });
    key({ key: "Enter", keyCode: 229 }); // Safari: the composition has just ended
    key({ key: "Process", keyCode: 229 });
    expect(sent).toEqual([]);
    expect(area().value).toBe("nihao");
    key({ key: "Enter", keyCode: 13 });
    expect(sent.length).toBe(1);
});
test("sends() alone", () => {
    const base = { key: "Enter", shiftKey: false, isComposing: false, keyCode: 13 };
    expect(sends(base)).toBe(true);
    for (const o of [{ key: "a" }, { shiftKey: true }, { isComposing: true }, { keyCode: 229 }]) expect(sends({ ...base, ...o })).toBe(false);
});
test("blank is not sent, too long is not sent and says by how much", () => {
    write("  \n ");
    key({ key: "Enter" });
    write("字".repeat(2003));
    key({ key: "Enter" });
    expect(sent).toEqual([]);
    expect(document.getElementById("count")!.textContent).toBe("超出 3 字，请分成两条发");
    write("👍".repeat(2000)); // counted as people count
    key({ key: "Enter" });
    expect(sent.length).toBe(1);
});
test("the draft survives a closed page", () => {
    write("写到一半");
    document.body.innerHTML = body;
    composer();
    expect(area().value).toBe("写到一半");
    expect((document.getElementById("send") as HTMLButtonElement).disabled).toBe(false);
});
test("typing is told once in a while, and its end; without what is being written", () => {
    vi.useFakeTimers({ now: Date.now() + 60_000 }); // long after the tests before this one
    write("a");
    write("ab");
    key({ key: "Enter" });
    const frames = (app.link.send as ReturnType<typeof vi.fn>).mock.calls.map((c) => c[0]);
    expect(frames.map((f) => [f.type, f.on])).toEqual([["typing", true], ["typing", false]]);
    expect(frames[0].text).toBeUndefined();
    vi.useRealTimers();
});
