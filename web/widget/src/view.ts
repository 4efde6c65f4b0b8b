// SPDX-License-Identifier: Apache-2.0
// Draws the thread: rows are keyed and only rebuilt when what they show has changed, so nothing
// flickers, selections survive and pictures load once.
import { app, now, talking, tell } from "./app";
import { type Body, bubble } from "./bubble";
import { $, h } from "./dom";
import { clock, day, fill, t } from "./i18n";
import { more, withMore } from "./kit";
import type { Message } from "./types";

interface Row extends Body {
    key: string;
    out?: boolean;
    who?: string;
    at: number;
    seq?: number;
    state?: string;
    code?: string;
    sys?: string;
}

const GROUP_MS = 18e4;
const RECALL_MS = 12e4;
const drawn = new Map<string, { sig: string; el: HTMLElement }>();
const bodies = new Map<string, HTMLElement>();
/** Previews of pictures we sent ourselves: shown until the page closes, never fetched again. */
export const previews = new Map<string, Body["local"]>();
let fresh = 0;
let recallTimer: number;
let tailSig: string;

/** Set by the composer. */
export const actions = { say: (_text: string): void => {}, retry: (_id: string): void => {}, start: (): unknown => 0 };

const named = (name = ""): string => `${app.session?.channel.agent_label ?? ""} ${name}`.trim();
const nameOf = (m: Message): string => (m.role === "robot" ? m.sender?.name || t("robot") : named(m.sender?.name));
const theirs = (m: Message): boolean => /^[ar]/.test(m.role);
const gist = (m: Message): string => m.text || t(m.kind as "image");
const firstLetter = (s: string): string => [...s.replace(/^.* /, "")][0] ?? "";

function systemText(m: Message): string {
    const what = m.text?.slice(13); // conversation.…
    if (what === "assigned") return m.sender ? t(what, { name: m.sender.name }) : "";
    return what === "closed" || what === "reopened" ? t(what) : "";
}

function rows(): Row[] {
    const list: Row[] = [];
    const c = app.session?.channel;
    const { thread, conversation } = app;
    const at = thread.list[0]?.at ?? now();
    if (app.atStart && c) {
        if (c.greeting) list.push({ key: "g", kind: "text", at, who: c.name, text: fill(c.greeting) });
        if (c.privacy_text) list.push({ key: "p", kind: "text", at, sys: fill(c.privacy_text) });
    }
    for (const m of thread.list) {
        const out = m.role === "customer";
        const sys = m.recalled ? t(out ? "recalledMe" : "recalled") : m.role === "system" ? systemText(m) : undefined;
        if (sys === "") continue;
        const key = m.client_id ?? `${m.conversation}:${m.seq}`;
        const here = m.conversation === conversation;
        list.push({
            ...m,
            key,
            out,
            sys,
            who: out ? "" : nameOf(m),
            state: out ? (here && m.seq > app.agentRead ? "sent" : "read") : "",
            local: previews.get(key),
            seq: here ? m.seq : 0,
        });
    }
    for (const o of app.outbox.items) list.push({ ...o, key: o.id, out: true, who: "" });
    return list;
}

function metaText({ state, at, code = "" }: Row): string {
    if (state === "failed")
        return code === "offline" ? t(code) : /^(late|stale)$/.test(code) ? t("late") : t("refused", { code });
    if (state === "sent" || state === "read") return `${clock(at)} · ${t(state)}`;
    return state ? t(app.link.up ? "sending" : "waiting") : clock(at);
}

const press = (tag: string, text: string, onclick: () => void) => h(tag, { onclick }, text);

function build(r: Row, first: boolean, last: boolean, undo: boolean): HTMLElement {
    if (r.sys) return h("p.sys", null, r.sys);
    const { key, out, who = "" } = r;
    const body = bodies.get(key) ?? bubble(r);
    bodies.set(key, body);
    body.querySelector("progress")?.remove();
    if (r.state === "upload") body.append(h("progress", { max: 1, "data-id": key, "aria-label": t("sending") }));
    const bad = r.state === "failed";
    const face = !out && first;
    return h(
        `div.m.${out ? "out" : "in"}${first ? ".first" : ""}${last ? ".last" : ""}`,
        null,
        face && h("span.av", { "aria-hidden": true }, firstLetter(who)),
        face && h("div.nick", null, who),
        h("div.line", null, undo && press("button.undo", t("recall"), () => app.link.send({ type: "recall", seq: r.seq })), body),
        (last || bad) &&
            h(
                `div.meta${bad ? ".bad" : ""}`,
                null,
                metaText(r),
                bad && press("button", t("retry"), () => actions.retry(key)),
                bad && press("button", t("drop"), () => app.outbox.drop(key)),
            ),
    );
}

export function atBottom(): boolean {
    const log = $("log");
    return log.scrollHeight - log.scrollTop - log.clientHeight < 60;
}

export function toBottom(): void {
    $("log").scrollTop = 1e9;
    markRead();
}

export function unread(): void {
    const list = app.thread.list.filter(
        (m) => theirs(m) && !m.recalled && m.conversation === app.conversation && m.seq > app.myRead,
    );
    const m = list[list.length - 1];
    tell("unread", { n: list.length, ...(m && { name: nameOf(m), text: gist(m) }) });
}

/** Reading needs eyes: the panel is open, the page is in front, the end of the thread is in view. */
export function markRead(): void {
    const el = $("jump");
    const end = (el.hidden = atBottom());
    if (end) fresh = 0;
    el.ariaLabel = t("bottom");
    el.lastElementChild!.textContent = fresh ? t("fresh", { n: fresh }) : "";
    const seq = app.thread.last(app.conversation);
    if (!app.visible || document.hidden || !end || seq <= app.myRead) return;
    if (app.link.send({ type: "read", seq })) app.myRead = seq;
    unread();
}

/** A message came: say it to screen readers, count it when the visitor is reading further up. */
export function arrived(m: Message): void {
    if (!theirs(m)) return;
    if (!atBottom()) fresh++;
    $("say").textContent = `${nameOf(m)}：${gist(m)}`;
    unread();
}

/** Bubbles that were drawn without the second part are drawn again. */
export function redraw(): void {
    bodies.clear();
    drawn.forEach((d) => (d.sig = ""));
    render();
}

export function render(stick = atBottom()): void {
    const list = $("list");
    const all = rows();
    const seen = new Set<string>();
    let undoUntil = 0;
    let at = 0;
    let today: string | undefined;
    const place = (key: string, sig: string, make: () => HTMLElement) => {
        seen.add(key);
        let d = drawn.get(key);
        if (d?.sig !== sig) {
            const el = make();
            d?.el.replaceWith(el);
            drawn.set(key, (d = { sig, el }));
        }
        const there = list.children[at++];
        if (there !== d.el) list.insertBefore(d.el, there ?? null);
    };
    const joins = (a: Row | undefined, b: Row | undefined) =>
        a && b && !a.sys && !b.sys && a.who === b.who && b.at - a.at < GROUP_MS && day(a.at, now()) === day(b.at, now());
    all.forEach((r, i) => {
        const d = day(r.at, now());
        if (d !== today) place(`d${d}`, d, () => h("p.day", null, d));
        today = d;
        const first = !joins(all[i - 1], r);
        const last = !joins(r, all[i + 1]);
        const until = r.out && r.seq && !r.sys && talking() ? r.at + RECALL_MS : 0;
        const undo = until > now();
        if (undo) undoUntil = Math.min(undoUntil || until, until);
        place(r.key, [first, last, undo, r.sys, r.who, metaText(r), r.state === "upload"].join(), () => build(r, first, last, undo));
    });
    for (const [key, d] of drawn)
        if (!seen.has(key)) {
            d.el.remove();
            drawn.delete(key);
        }
    clearTimeout(recallTimer);
    if (undoUntil) recallTimer = setTimeout(render, undoUntil - now() + 50, undefined) as unknown as number;
    tail();
    head();
    if (stick) toBottom();
    else markRead();
}

function waitingText(): string {
    const { state, position } = app.meta;
    if (state !== "queued" || !app.open) return "";
    return !position ? t("linking") : position < 2 ? t("next") : `${t("linking")} · ${t("queue", { n: position - 1 })}`;
}

function tail(): void {
    const { thread, typing, conversation, atStart, session } = app;
    const start = atStart && session && !thread.list.some((m) => m.role === "customer") && !app.outbox.items[0];
    const wait = waitingText();
    const rate = app.meta.state === "closed" && conversation && thread.list.some((m) => m.role === "agent");
    if (rate && !more) withMore(() => render(true));
    const idle = /^[nc]/.test(app.meta.state) && app.open;
    const sig = [typing, wait, start && idle, start, rate && more && conversation].join();
    if (sig === tailSig) return;
    tailSig = sig;
    const quick = session?.channel.quick_questions ?? [];
    const kids = [
        start &&
            h(
                "div.quick",
                null,
                quick[0] && h("p", null, t("ask")),
                ...quick.map((q) => press("button.chip", q, () => actions.say(q))),
                idle && press("button.chip", t("person"), actions.start),
            ),
        wait && h("p.sys", null, wait),
        typing && h("div.m.in.first", { role: "img", "aria-label": t("typing") }, h("div.b.dots", null, h("i"), h("i"), h("i"))),
        rate && more?.rating(conversation),
    ];
    $("tail").replaceChildren(...kids.filter((x): x is HTMLElement => !!x));
}

function head(): void {
    const { session, meta, open, typing } = app;
    const busy = talking();
    const agent = busy && meta.agent;
    const title = agent ? named(agent.name) : (session?.channel.name ?? t("title"));
    const status = $("status");
    $("name").textContent = document.title = title;
    $("face").textContent = session ? firstLetter(title) : "";
    status.className = app.link.up && (open || busy) ? "on" : "";
    status.textContent = session
        ? t(typing ? "typing" : agent ? "serving" : meta.state === "queued" && open ? "linking" : meta.state === "closed" ? "closed" : open ? "online" : "away")
        : "";
    $("end").hidden = !busy;
}
