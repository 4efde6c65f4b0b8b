// SPDX-License-Identifier: Apache-2.0
// Entry of the panel page: puts the parts together and reacts to server and host page.
import { app, framed, now, setPort, talking, tell } from "./app";
import { api, call, type Fault } from "./api";
import { composer, offer, sendCard, sendText } from "./composer";
import { $, h } from "./dom";
import { clock, day, fill, lang, load, nearest, setAddress, t } from "./i18n";
import { more, withMore } from "./kit";
import { Link } from "./link";
import { Outbox, type Out } from "./outbox";
import { openStore } from "./store";
import { readable } from "./theme";
import { Thread } from "./thread";
import type { Card, Frame, Identity, Message, Page, Session } from "./types";
import { arrived, atBottom, markRead, previews, render, toBottom, unread } from "./view";

const query = new URLSearchParams(location.search);
const channel = query.get("channel") ?? "";
const root = document.documentElement;
const PAGE = 30;

let known = false; // the token was accepted in this page
let tries = 0;
let base = 0; // last seq of the session: older messages come by HTTP
let loading = false;
let netTimer = 0;
let typingTimer = 0;
let color = query.get("color") ?? "";

/* ---- look ---- */
const scheme = matchMedia("(prefers-color-scheme: dark)");
function paint(): void {
    const forced = root.dataset.theme;
    const c = color && readable(color, forced ? forced === "dark" : scheme.matches);
    for (const [k, v] of Object.entries(c || {})) root.style.setProperty({ brand: "--brand", on: "--on-brand", soft: "--brand-soft" }[k]!, v);
}
function theme(name: string | null | undefined): void {
    if (name === "dark" || name === "light") root.dataset.theme = name;
    else delete root.dataset.theme;
    paint();
}

function labels(): void {
    const label = (id: string, text: string) => {
        $(id).setAttribute("aria-label", text);
        $(id).title = text;
    };
    root.lang = lang;
    label("close", t("close"));
    label("attach", t("attach"));
    label("smile", t("emoji"));
    label("send", t("send"));
    for (const [id, text] of [["log", t("log")], ["emo", t("emoji")], ["text", t("hintTouch")]] as const)
        $(id).setAttribute("aria-label", text);
    $("end").textContent = t("end");
    $<HTMLTextAreaElement>("text").placeholder = t(matchMedia("(pointer: coarse)").matches ? "hintTouch" : "hint");
}

/** Says that the line is down, but only when it stays down: a blip needs no words. */
function net(up: boolean, n: number): void {
    tries = n;
    clearTimeout(netTimer);
    const el = $("net");
    if (up) el.replaceChildren();
    else
        netTimer = setTimeout(() => {
            const form = tries > 2 && !talking();
            el.replaceChildren(`${t("netDown")} ${form ? t("netForm") : ""}`, form ? h("button", { type: "button", onclick: leave }, t("leave")) : "");
        }, 1500) as unknown as number;
}

const leave = (): void => withMore((m) => m.leave());

/** Strip over the composer outside business hours. */
function notice(): void {
    const { session: s, open, nextOpen: at } = app;
    $("notice").hidden = !s || open;
    if (!s || open) return;
    const d = at && day(at, now());
    const time = at ? `${d === t("today") ? "" : `${d} `}${clock(at)}` : "";
    $("notice").replaceChildren(
        h("p", null, fill(s.channel.offline_text ?? "") || t("away"), time && ` ${t("opens", { time })}`),
        h("button.ghost", { type: "button", onclick: leave }, t("leave")),
    );
}

/* ---- session ---- */
function forget(): void {
    app.thread = new Thread();
    app.outbox.clear();
    app.conversation = null;
    app.meta = { state: "none" };
    app.agentRead = app.myRead = base = 0;
    app.atStart = false;
}

async function authorise(): Promise<string> {
    if (known && app.session) return app.session.token;
    let s: Session;
    try {
        s = await call<Session>("session", {
            channel,
            token: app.store.get<string>("token"),
            identity: app.identity,
            lang,
            page: app.page,
        });
    } catch (e) {
        const f = e as Fault;
        if (f.code === "identity.forged" && app.identity) {
            tell("error", { code: f.code });
            app.identity = undefined;
            return authorise();
        }
        if (f.status >= 400 && f.status < 500 && f.status !== 429 && f.status !== 408) {
            clearTimeout(netTimer);
            $("net").textContent = t("fatal", { code: f.code });
            $("skel").hidden = true;
            throw { fatal: true };
        }
        throw f;
    }
    const old = app.store.get<string>("visitor");
    if (old && old !== s.visitor.id) {
        app.store.set("token", null);
        forget();
    }
    app.session = s;
    app.store.set("token", s.token);
    app.store.set("visitor", s.visitor.id);
    known = true;
    app.skew = s.now - Date.now();
    app.open = s.open;
    app.nextOpen = s.next_open_at;
    setAddress(s.channel.address_form);
    color = query.get("color") || s.channel.color || "";
    paint();
    tell("ready", { color: s.channel.color });
    if (app.conversation !== s.conversation) {
        app.conversation = s.conversation;
        base = s.last_seq;
    }
    $("form").hidden = false;
    $("skel").hidden = true;
    if (s.conversation && app.thread.list.length === 0) void history();
    else app.atStart = true;
    notice();
    render();
    withMore();
    return s.token;
}

async function history(): Promise<void> {
    if (loading) return;
    loading = true;
    const log = $("log");
    const first = app.thread.list[0];
    try {
        const { items } = await call<{ items: Message[] }>(`messages?limit=${PAGE}${first ? `&before=${first.seq}` : ""}`);
        for (const m of items) app.thread.put(m);
        app.atStart = items.length < PAGE;
        const from = log.scrollHeight - log.scrollTop;
        render(!first);
        if (first) log.scrollTop = log.scrollHeight - from;
        unread();
    } catch {
        setTimeout(history, 4000);
    }
    loading = false;
}

/* ---- frames ---- */
function settle(id: string | undefined, m: Pick<Message, "conversation" | "seq" | "at">): void {
    const o: Out | undefined = id ? app.outbox.done(id) : undefined;
    if (o?.local) previews.set(o.id, o.local);
    if (o) app.thread.put({ ...m, role: "customer", kind: o.kind, text: o.text, file: o.file, card: o.card, client_id: o.id });
}

function move(conversation: string | null | undefined): void {
    if (!conversation || conversation === app.conversation) return;
    app.conversation = conversation;
    app.agentRead = app.myRead = base = 0;
}

const on: Record<string, (f: Frame) => void> = {
    welcome(f) {
        if (f.now) app.skew = f.now - Date.now();
        if (f.conversation && f.conversation !== app.conversation) {
            move(f.conversation);
            void history();
        }
        app.myRead = Math.max(app.myRead, f.visitor_read ?? 0);
        app.agentRead = Math.max(app.agentRead, f.agent_read ?? 0);
    },
    ack(f) {
        const { client_id, seq, conversation } = f;
        if (seq && conversation) {
            move(conversation);
            settle(client_id, { conversation, seq, at: f.at ?? now() });
        } else if (!client_id && !seq) more?.rated();
        else move(conversation);
    },
    error(f) {
        const id = f.client_id;
        if (!id) return;
        if (f.retry_after_ms) app.outbox.later(id, f.retry_after_ms);
        else app.outbox.fail(id, f.code ?? "error");
    },
    message(f) {
        const m = f.message as unknown as Message;
        move(m.conversation);
        const stick = atBottom();
        if (m.client_id) settle(m.client_id, m);
        const isNew = app.thread.put(m);
        if (m.role !== "customer") app.typing = false;
        render(stick);
        if (isNew) arrived(m);
    },
    meta(f) {
        const { state, position, agent, open, next_open_at } = f;
        app.meta = { state: state ?? app.meta.state, position, agent };
        if (open != null) app.open = open;
        app.nextOpen = next_open_at;
        tell("keep", { on: talking() });
        notice();
    },
    typing(f) {
        app.typing = !!f.on;
        clearTimeout(typingTimer);
        if (f.on)
            typingTimer = setTimeout(() => {
                app.typing = false;
                render();
            }, 8000) as unknown as number;
    },
    read(f) {
        app.agentRead = Math.max(app.agentRead, f.seq ?? 0);
    },
    recalled(f) {
        app.thread.recall(f.conversation ?? app.conversation, f.seq ?? 0);
        unread();
    },
};

/* ---- host page ---- */
interface HostMessage {
    t: string;
    identity?: Identity;
    page?: Page;
    card?: Card;
    send?: boolean;
    text?: string;
    theme?: string;
    open?: boolean;
}
function show(visible: boolean): void {
    app.visible = visible;
    if (!visible) return;
    app.link.start();
    app.link.hurry();
    toBottom();
    markRead();
    // On a phone the keyboard would cover what was just opened.
    if (!matchMedia("(pointer: coarse)").matches) $("form").hidden ? $("log").focus() : $("text").focus();
}

function renew(): void {
    known = false;
    app.link.stop();
    if (app.visible) app.link.start();
}

let pageTimer = 0;
function fromHost(m: HostMessage): void {
    if (m.page) app.page = m.page;
    if (m.theme) theme(m.theme);
    if (m.identity) app.identity = m.identity;
    if (m.t === "open") show(true);
    else if (m.t === "idle") app.link.start();
    else if (m.t === "hide") show(false);
    else if (m.t === "identify") {
        if (app.session) renew();
    } else if (m.t === "reset") {
        forget();
        for (const k of ["token", "visitor", "draft", "rated", "leave"]) app.store.set(k, null);
        app.identity = app.session = undefined;
        $<HTMLTextAreaElement>("text").value = "";
        offer(undefined);
        render();
        renew();
    } else if (m.t === "page" && app.session) {
        clearTimeout(pageTimer);
        pageTimer = setTimeout(() => {
            const token = app.session?.token;
            if (token) void call("session", { channel, token, page: app.page, lang }).catch(() => {});
        }, 1500) as unknown as number;
    } else if (m.t === "card" && m.card) m.send ? sendCard(m.card) : offer(m.card);
    else if (m.t === "send" && m.text) sendText(m.text);
}

async function main(): Promise<void> {
    theme(query.get("theme"));
    const ready = load(nearest(query.get("lang") ?? navigator.language), (l) => import(/* @vite-ignore */ `./${l}.js`));
    app.store = openStore(`zx:${channel}:`, () => localStorage);
    app.rated = app.store.get<string>("rated");
    app.link = new Link({
        url: api("ws").replace(/^http/, "ws"),
        authorise,
        after: () => app.thread.last(app.conversation) || base,
        frame(f) {
            const stick = atBottom();
            on[f.type]?.(f);
            if (f.type !== "pong" && f.type !== "message") render(stick);
        },
        state(up, n) {
            app.outbox.link(up);
            net(up, n);
        },
        expired() {
            known = false;
        },
    });
    // What happens before the language is there waits for it.
    const early: MessageEvent[] = [];
    let listen = (e: MessageEvent): void => void early.push(e);
    addEventListener("message", (e) => {
        if (e.source !== parent || !e.data?.zhixin || !e.ports[0]) return;
        setPort(e.ports[0]);
        e.ports[0].onmessage = (x) => listen(x);
        listen(e);
    });
    await ready;
    app.outbox = new Outbox({ up: () => app.link.up, send: (f) => app.link.send(f), changed: () => app.session && render(), now }, app.store);
    labels();
    composer();
    $("close").hidden = !framed;
    $("close").onclick = () => tell("close");
    $("end").onclick = () => withMore((m) => m.askEnd());
    $("jump").onclick = toBottom;
    $("log").onscroll = () => {
        if ($("log").scrollTop < 60 && !app.atStart && app.thread.list.length > 0) void history();
        markRead();
    };
    new ResizeObserver(() => app.visible && keep && toBottom()).observe($("log"));
    let keep = true;
    $("log").addEventListener("scroll", () => (keep = atBottom()), { passive: true });
    document.onvisibilitychange = () => {
        app.link.hurry();
        markRead();
    };
    addEventListener("online", () => app.link.hurry());
    scheme.onchange = paint;
    if (!app.store.lasting) $("count").textContent = t("noStore");
    listen = (e) => fromHost(e.data as HostMessage);
    early.forEach(listen);
    // Opened as a page of its own, or in a frame without our loader.
    if (!framed) show(true);
    else if (early.length === 0) setTimeout(() => !app.session && !app.visible && show(true), 3000);
}

void main();
