// SPDX-License-Identifier: Apache-2.0
// What the browser tests stand on: a server (real or mock), a proxy that can cut the line, an agent who
// answers, a browser whose pages report CSP violations and uncaught errors.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import WebSocket from "ws";
import { mock } from "../test/mock.mjs";

export const sleep = (ms) => new Promise((ok) => setTimeout(ok, ms));
/** Waits for a true value; says what was missing. */
export async function until(what, f, ms = 10_000) {
    const end = Date.now() + ms;
    for (;;) {
        const v = await f();
        if (v) return v;
        if (Date.now() > end) throw new Error(`waited ${ms} ms for: ${what}`);
        await sleep(50);
    }
}
export const freePort = () =>
    new Promise((ok) => {
        const s = createServer().listen(0, "127.0.0.1", () => {
            const { port } = s.address();
            s.close(() => ok(port));
        });
    });

/** ZHIXIN_URL, else build/zhixin (or ZHIXIN_BIN), else the mock (always with ZHIXIN_MOCK=1). */
export async function server() {
    const bin = process.env.ZHIXIN_BIN ?? fileURLToPath(new URL("../../../build/zhixin", import.meta.url));
    if (process.env.ZHIXIN_URL) return { url: process.env.ZHIXIN_URL.replace(/\/$/, ""), name: "ZHIXIN_URL", close() {} };
    if (process.env.ZHIXIN_MOCK || !existsSync(bin)) return { ...(await mock()), name: "mock" };
    const port = await freePort();
    const data = mkdtempSync(join(tmpdir(), "zhixin-widget-"));
    let log = "";
    const child = spawn(bin, ["serve", "--demo", "--listen", `127.0.0.1:${port}`, "--data", data]);
    for (const s of [child.stdout, child.stderr]) s.on("data", (d) => (log = (log + d).slice(-8000)));
    const url = `http://127.0.0.1:${port}`;
    const gone = new Promise((ok) => child.on("exit", ok));
    try {
        await until("the server to answer", () => fetch(`${url}/healthz`).then((r) => r.ok, () => false), 20_000);
    } catch (e) {
        child.kill("SIGKILL");
        throw new Error(`${bin}: ${e.message}\n${log}`);
    }
    return {
        url, name: bin,
        async close() {
            child.kill();
            await Promise.race([gone, sleep(5000).then(() => child.kill("SIGKILL"))]);
            rmSync(data, { recursive: true, force: true });
        },
    };
}

/** Between browser and server: cut() ends all lines and refuses new ones, mute() swallows what the server says. */
export async function proxy(target) {
    const { port: to } = new URL(target);
    const lines = new Set();
    let up = true;
    let muted = false;
    const s = createServer((a) => {
        if (!up) return a.destroy();
        const b = connect(Number(to), "127.0.0.1");
        lines.add(a).add(b);
        a.on("data", (d) => b.write(d));
        b.on("data", (d) => muted || a.write(d));
        for (const [x, y] of [[a, b], [b, a]]) {
            x.on("error", () => {});
            x.on("close", () => (lines.delete(x), y.destroy()));
        }
    });
    await new Promise((ok) => s.listen(0, "127.0.0.1", ok));
    return {
        url: `http://127.0.0.1:${s.address().port}`,
        cut() { up = false; for (const x of lines) x.destroy(); },
        mute() { muted = true; },
        restore() { up = true; muted = false; },
        close() { this.cut(); s.close(); },
    };
}

/** An agent of the demo shop at the desk socket. */
export class Agent {
    seen = []; // message frames
    rows = new Map();
    static async login(url, user) {
        const a = new Agent();
        const r = await fetch(`${url}/api/login`, {
            method: "POST", headers: { "Content-Type": "application/json", Origin: url },
            body: JSON.stringify({ user, password: "zhixin-demo" }),
        });
        if (!r.ok) throw new Error(`log-in of ${user}: ${r.status} ${await r.text()}`);
        a.url = url;
        a.cookie = r.headers.get("set-cookie").split(";")[0];
        a.csrf = (await r.json()).csrf;
        return a;
    }
    async call(method, path, body) {
        const r = await fetch(this.url + path, {
            method, headers: { "Content-Type": "application/json", Cookie: this.cookie, "X-CSRF-Token": this.csrf, Origin: this.url },
            body: body && JSON.stringify(body),
        });
        const text = await r.text();
        if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${text}`);
        return text ? JSON.parse(text) : {};
    }
    async online() {
        this.ws = new WebSocket(`${this.url.replace(/^http/, "ws")}/api/ws`, { headers: { Cookie: this.cookie, Origin: this.url } });
        this.ws.on("message", (d) => this.heard(JSON.parse(d)));
        await new Promise((ok, no) => this.ws.on("open", ok).on("error", no));
        this.say({ type: "hello" });
        await until("welcome at the desk", () => this.welcome);
        await this.status("online");
    }
    heard(f) {
        if (f.type === "welcome") this.welcome = true;
        if (f.type === "agent") this.last = f.status;
        if (f.type === "presence") this.presence = f;
        if (f.type === "conversation") {
            if (!this.rows.has(f.row.id)) this.say({ type: "watch", conversation: f.row.id, after: 0 });
            this.rows.set(f.row.id, f.row);
        }
        if (f.type === "message" && !this.seen.some((m) => m.conversation === f.message.conversation && m.seq === f.message.seq)) this.seen.push(f.message);
    }
    say(f) { this.ws.send(JSON.stringify(f)); }
    async status(status) {
        this.say({ type: "status", status });
        await until(`agent ${status}`, () => this.last === status).catch(() => {});
    }
    /** The message with this text, once it has come. */
    got(text) { return until(`“${text}” at the desk`, () => this.seen.find((m) => m.text === text)); }
    count(text) { return this.seen.filter((m) => m.text === text).length; }
    reply(conversation, text) { this.say({ type: "send", conversation, client_id: `t${Math.random()}`, kind: "text", text }); }
    typing(conversation, on) { this.say({ type: "typing", conversation, on, mode: "reply" }); }
    read(conversation, seq) { this.say({ type: "read", conversation, seq }); }
    close(conversation) { return this.call("POST", `/api/conversations/${conversation}/close`, { reason: "solved" }); }
    async closeAll() {
        for (const r of this.rows.values()) if (r.status !== "closed") await this.close(r.id).catch(() => {});
        this.rows.clear();
    }
    leave() { this.ws?.close(); }
}

/** A shop of another origin. */
export async function shop(home, attributes = "", head = "") {
    const s = createHttp((req, res) => {
        res.writeHead(200, {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": `default-src 'none'; script-src ${home}; frame-src ${home}; style-src 'self'`,
        });
        res.end(`<!doctype html><html lang="zh-CN"><head><title>店</title>${head}<script src="${home}/widget/loader.js" data-channel="demo" ${attributes} async></script></head><body><h1>别家的店</h1></body></html>`);
    });
    await new Promise((ok) => s.listen(0, "127.0.0.1", ok));
    return { url: `http://127.0.0.1:${s.address().port}/`, close: () => (s.closeAllConnections(), s.close()) };
}

export async function browser() {
    const path = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
    if (!path) throw new Error("no Chromium: script/setup --tests installs it, or set CHROMIUM");
    return chromium.launch({ executablePath: path, args: ["--no-sandbox", "--disable-gpu"] });
}

/** A visitor of his own: a fresh browser profile on one page. faults: CSP violations and uncaught errors. */
export async function visitor(b, url, options = {}) {
    const context = await b.newContext({ locale: "zh-CN", viewport: { width: 1280, height: 800 }, ...options });
    const faults = [];
    await context.addInitScript(() => addEventListener("securitypolicyviolation", (e) => console.error(`CSP ${e.violatedDirective} ${e.blockedURI}`)));
    const watch = (page) => {
        page.setDefaultTimeout(10_000);
        page.on("console", (m) => /CSP |Content Security Policy/.test(m.text()) && faults.push(m.text()));
        page.on("pageerror", (e) => faults.push(`error ${e.message}`));
    };
    const page = await context.newPage();
    watch(page);
    if (url) await page.goto(url);
    return { context, page, faults, launcher: page.locator("desk-chat .l"), panel: page.frameLocator("desk-chat iframe"), again: async () => { const p = await context.newPage(); watch(p); await p.goto(url); return p; } };
}
/** The panel's own frame, for evaluate(). */
export const frameOf = (page) => until("the panel's frame", () => page.frames().find((f) => /\/widget\/panel/.test(f.url())));
export const panelOf = (page) => page.frameLocator("desk-chat iframe");
export async function openPanel(page) {
    await page.locator("desk-chat .l").click();
    const p = panelOf(page);
    await p.locator("#face:not(:empty)").waitFor(); // the session is there
    return p;
}
export async function write(panel, text) {
    await panel.locator("#hintTouch").fill(text);
    await panel.locator("#hintTouch").press("Enter");
}
