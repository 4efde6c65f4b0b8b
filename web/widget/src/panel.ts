// SPDX-License-Identifier: Apache-2.0
// Entry of the panel page: puts the parts together and reacts to server and host page.
import { app, framed, now, setPort, talking, tell } from "./app";
import { api, call, type Fault } from "./api";
import { composer, sendCard, sendText, warn } from "./composer";
import { $ } from "./dom";
import { lang, load, nearest, setAddress, t } from "./i18n";
import { kit, more, withMore } from "./kit";
import { Link } from "./link";
import { Outbox } from "./outbox";
import { openStore } from "./store";
import { shades } from "./theme";
import { Thread } from "./thread";
import type { Card, Frame, Identity, Message, Page, Session } from "./types";
import { actions, arrived, atBottom, markRead, previews, redraw, render, toBottom, unread } from "./view";

const query = new URLSearchParams(location.search);
const channel = query.get("channel");
const root = document.documentElement;
const media = (q: string) => matchMedia(`(${q})`);
const touch = media("pointer:coarse").matches;
const PAGE = 30;
/** Addresses of the languages beside panel.js, from the build. */
declare const LANG_URLS: Record<string, string>;

let known = false; // the token was accepted in this page
let base = 0; // last seq of the session: older messages come by HTTP
let loading = false;
let netTimer: number;
let typingTimer: number;
let pageTimer: number;
let wanted = query.get("theme") ?? "";

const later = (f: () => void, ms: number): number => setTimeout(f, ms) as unknown as number;

/* ---- look ---- */
const scheme = media("prefers-color-scheme:dark");
function theme(): void {
    root.dataset.theme = /^(dark|light)$/.test(wanted) ? wanted : scheme.matches ? "dark" : "light";
}
function paint(color: string): void {
    const c = shades(color);
    if (!c) return;
    root.style.setProperty("--l", c.l);
    root.style.setProperty("--d", c.d);
    root.dataset.shop = "";
}

function labels(): void {
    root.lang = lang;
    for (const id of ["close", "attach", "emoji", "send", "log", "hintTouch"] as const) {
        const el = $(id);
        el.ariaLabel = t(id);
        if (el.tagName === "BUTTON") el.title = t(id);
    }
    $("end").textContent = t("end");
    $<HTMLTextAreaElement>("hintTouch").placeholder = t(touch ? "hintTouch" : "hint");
}

/** Says that the line is down, but only when it stays down: a blip needs no words. */
function net(up: boolean, asked = 0): void {
    const el = $("net");
    clearTimeout(netTimer);
    if (up) el.textContent = "";
    else if (asked) el.textContent = t("busy", { n: Math.ceil(asked / 1e3) });
    else netTimer = later(() => (el.textContent = t("netDown")), 1500);
}
const notice = (): void => (app.open && !more ? undefined : withMore((m) => m.notice()));

/* ---- session ---- */
function forget(): void {
    app.thread = new Thread();
    app.conversation = null;
    app.meta = { state: "none" };
    app.agentRead = app.myRead = base = 0;
    app.atStart = false;
}

async function authorise(): Promise<string> {
    if (known) return app.session!.token;
    const { store, identity, page } = app;
    let s: Session;
    try {
        s = await call("session", { channel, token: store.get("token"), identity, lang, page });
    } catch (e) {
        const f = e as Fault;
        if (f.code === "identity.forged" && identity) {
            tell("error", { code: f.code });
            app.identity = undefined;
            return authorise();
        }
        // Anything else that is our own fault will not get better by asking again.
        if (f.status > 399 && f.status < 500 && f.status !== 429) {
            $("net").textContent = t("fatal", { code: f.code });
            $("form").hidden = true;
            f.fatal = true;
        }
        throw f;
    }
    const old = store.get("visitor");
    if (old && old !== s.visitor.id) forget();
    store.set("token", s.token);
    store.set("visitor", s.visitor.id);
    known = true;
    app.session = s;
    app.skew = s.now - Date.now();
    app.open = s.open;
    app.nextOpen = s.next_open_at;
    setAddress(s.channel.address_form);
    paint(query.get("color") || s.channel.color || "");
    tell("ready", { color: s.channel.color });
    move(s.conversation);
    if (s.conversation && !app.thread.list[0]) {
        base = s.last_seq;
        void history();
    } else app.atStart = true;
    render();
    notice();
    return s.token;
}

async function history(): Promise<void> {
    if (loading) return;
    loading = true;
    const log = $("log");
    const first = app.thread.list.find((m) => m.conversation === app.conversation);
    try {
        const { items } = await call<{ items: Message[] }>(`messages?limit=${PAGE}${first ? `&before=${first.seq}` : ""}`);
        for (const m of items) app.thread.put(m);
        app.atStart = items.length < PAGE;
        const below = log.scrollHeight - log.scrollTop;
        render(!first);
        if (first) log.scrollTop = log.scrollHeight - below;
        unread();
    } catch (e) {
        later(history, (e as Fault).wait || 4e3);
    }
    loading = false;
}

/* ---- frames ---- */
/** Our message is there: it leaves the outbox and joins the thread under the same key. */
function settle(id: string | undefined, m: Pick<Message, "conversation" | "seq" | "at">): void {
    const o = id && app.outbox.done(id);
    if (!o) return;
    if (o.local) previews.set(o.id, o.local);
    app.thread.put({ ...o, role: "customer", client_id: o.id, ...m });
}

function move(conversation: string | null | undefined): boolean {
    if (!conversation || conversation === app.conversation) return false;
    app.conversation = conversation;
    app.agentRead = app.myRead = base = 0;
    return true;
}

const on: Record<string, (f: Frame) => void> = {
    welcome(f) {
        if (f.now) app.skew = f.now - Date.now();
        if (move(f.conversation)) void history();
        app.myRead = Math.max(app.myRead, f.visitor_read ?? 0);
        on.read!({ type: "", seq: f.agent_read });
    },
    ack({ client_id, seq, conversation, at = now() }) {
        if (seq || client_id) move(conversation);
        else more?.rated();
        if (seq && conversation) settle(client_id, { conversation, seq, at });
    },
    error({ client_id, retry_after_ms, code = "error" }) {
        if (!client_id) {
            // A rating, a recall, the end of the talk: nothing in the thread shows that it failed.
            warn(t("refused", { code }));
            more?.rated(code);
        } else if (retry_after_ms) app.outbox.later(client_id, retry_after_ms);
        else app.outbox.fail(client_id, code);
    },
    message(f) {
        const m = f.message as unknown as Message;
        move(m.conversation);
        const stick = atBottom();
        settle(m.client_id, m);
        if (m.role !== "customer") app.typing = false;
        const isNew = app.thread.put(m);
        render(stick);
        if (isNew) arrived(m);
    },
    meta(f) {
        app.meta = f as typeof app.meta;
        app.open = f.open ?? app.open;
        app.nextOpen = f.next_open_at;
        tell("keep", { on: talking() });
        notice();
    },
    typing(f) {
        app.typing = f.on;
        clearTimeout(typingTimer);
        if (f.on) typingTimer = later(() => ((app.typing = false), render()), 8e3);
    },
    read(f) {
        app.agentRead = Math.max(app.agentRead, f.seq ?? 0);
    },
    recalled(f) {
        app.thread.recall(f.conversation ?? app.conversation, f.seq!);
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
    context?: Record<string, unknown>;
}
function show(): void {
    app.visible = true;
    app.link.start();
    toBottom();
    // On a phone the keyboard would cover what was just opened.
    if (!touch) $("hintTouch").focus();
}

function renew(): void {
    known = false;
    app.link.stop();
    if (app.visible) app.link.start();
}

function fromHost(m: HostMessage): void {
    const { card } = m;
    app.page = m.page ?? app.page;
    app.identity = m.identity ?? app.identity;
    app.context = m.context ?? app.context;
    if (m.theme) {
        wanted = m.theme;
        theme();
    }
    if (m.t === "open") show();
    if (m.t === "hide" || m.t === "idle") app.visible = false;
    if (m.t === "idle") app.link.start();
    if (m.t === "identify" && known) renew();
    if (m.t === "send") sendText(m.text!);
    if (card) {
        if (m.send) sendCard(card);
        else withMore((x) => x.offer(card));
    }
    if (m.t === "page" && known) {
        clearTimeout(pageTimer);
        pageTimer = later(() => {
            const { session, page, store } = app;
            if (session) void call("session", { channel, token: store.get("token"), page, lang }).catch(() => {});
        }, 1500);
    }
    if (m.t === "reset") {
        forget();
        app.outbox.clear();
        for (const k of ["token", "visitor", "draft", "rated", "leave", "offered"]) app.store.set(k, null);
        app.identity = app.session = app.context = undefined;
        $<HTMLTextAreaElement>("hintTouch").value = "";
        more?.offer();
        render();
        renew();
    }
}

async function main(): Promise<void> {
    const early: MessageEvent[] = [];
    let keep = true;
    // Any shop may embed the panel (the server decides which): so the only one believed is the page
    // around us, once; after that everything comes over the private channel it handed over.
    // What it says before the language is there waits for it.
    let bound = false;
    let listen = (e: MessageEvent): void => void early.push(e);
    addEventListener("message", (e) => {
        const port = e.ports[0];
        if (bound || !framed || e.source !== parent || !e.data?.zhixin || !port) return;
        bound = true;
        setPort(port);
        port.onmessage = (x) => listen(x);
        listen(e);
    });
    theme();
    app.store = openStore(`zx:${channel}:`, () => localStorage);
    app.rated = app.store.get("rated");
    await load(nearest(query.get("lang") ?? navigator.language), (l) => import(LANG_URLS[l]!));
    const link = new Link({
        url: api("ws").replace(/^http/, "ws"),
        authorise,
        after: () => app.thread.last(app.conversation) || base,
        frame(f) {
            const stick = atBottom();
            on[f.type]?.(f);
            if (f.type !== "pong" && f.type !== "message") render(stick);
        },
        state(up, asked) {
            app.outbox.link(up);
            for (const o of app.outbox.items) if (up && !o.file && o.local && o.code === "offline") actions.retry(o.id);
            net(up, asked);
        },
        expired() {
            known = false;
        },
    });
    app.link = link;
    app.outbox = new Outbox(
        { up: () => link.up, send: (f) => link.send(f), changed: () => render(), now },
        app.store,
    );
    labels();
    composer();
    render();
    $("close").hidden = !framed;
    $("close").onclick = () => tell("close");
    $("end").onclick = () => withMore((m) => m.askEnd());
    $("jump").onclick = toBottom;
    const log = $("log");
    log.onscroll = () => {
        keep = atBottom();
        if (log.scrollTop < 60 && !app.atStart && app.thread.list[0]) void history();
        markRead();
    };
    // The keyboard of a phone, a taller text box: who was at the end stays there.
    new ResizeObserver(() => keep && toBottom()).observe(log);
    const look = () => {
        link.hurry();
        markRead();
    };
    document.onvisibilitychange = look;
    addEventListener("online", look);
    scheme.onchange = theme;
    kit.arrived = redraw;
    if (!app.store.lasting) $("count").textContent = t("noStore");
    listen = (e) => fromHost(e.data);
    early.forEach(listen);
    // Opened as a page of its own, or in a frame without our loader.
    if (!framed) show();
    else later(() => app.visible ?? show(), 3e3);
}

void main();
