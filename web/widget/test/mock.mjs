// SPDX-License-Identifier: Apache-2.0
// A small stand-in for the server: the visitor half of docs/protocol.md, and as much of the desk half as a
// test needs to answer. Keeps everything in memory. `npm run dev` serves it; the browser tests use it when
// there is no real server.
import { createHmac, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const web = fileURLToPath(new URL("../../", import.meta.url));
const TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp",
};
/** What the real server sends with the panel page and with the demo page. */
const PANEL_CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data: https: http:; connect-src 'self'; "
    + "base-uri 'none'; form-action 'none'";
const DEMO_CSP = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'";
const LIMITS = { text_chars: 2000, file_bytes: 10485760, file_types: ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"] };
const RECALL_MS = 120_000;

export async function mock({ port = 0, host = "127.0.0.1", secret = "demo-secret" } = {}) {
    const visitors = new Map(); // token -> visitor
    const talks = []; // conversations, index + 1 = id
    const files = new Map();
    const agents = new Map(); // cookie -> agent
    let hours = { timezone: "Asia/Shanghai", week: [], breaks: [], holidays: [], always: true, version: 1 };
    let counter = 0;
    const open = () => hours.always;
    const nextOpen = () => (open() ? null : Date.now() + 36e5);

    /* ---- talks ---- */
    const newest = (v) => talks.findLast((c) => c.visitor === v);
    const current = (v) => (newest(v)?.status === "closed" ? undefined : newest(v));
    const queue = () => talks.filter((c) => c.status === "queued");
    const to = (sockets, frame) => { for (const s of sockets) if (s.readyState === 1) s.send(JSON.stringify(frame)); };
    const row = (c) => ({
        id: String(c.id), channel: { id: "1", name: "演示店", kind: "web" }, customer: { id: c.visitor.id, name: c.visitor.name, visitor: true },
        status: c.status, assignee: c.agent ? { id: c.agent.id, name: c.agent.name } : null, last_seq: c.messages.length, unread: 0, online: true,
        rating: c.rating ?? null,
    });
    const meta = (v) => {
        const c = newest(v);
        return {
            type: "meta", state: c?.status ?? "none", agent: c?.agent ? { name: c.agent.name } : null, open: open(), next_open_at: nextOpen(),
            ...(c?.status === "queued" && { position: queue().indexOf(c) + 1 }),
        };
    };
    const tellMeta = () => { for (const v of visitors.values()) to(v.sockets, meta(v)); };
    const shown = (m, v) => ({ ...m, client_id: m.role === "customer" && v ? m.client_id : undefined });
    const announce = (c, m) => {
        to(c.visitor.sockets, { type: "message", message: shown(m, c.visitor) });
        if (c.agent) to(c.agent.sockets, { type: "message", message: shown(m), sla: null, unread: 0, status: c.status });
    };
    function add(c, m) {
        const full = { conversation: String(c.id), seq: c.messages.length + 1, at: Date.now(), ...m };
        c.messages.push(full);
        announce(c, full);
        return full;
    }
    function route(c) {
        const free = [...agents.values()].find((a) => a.status === "online" && talks.filter((x) => x.agent === a && x.status !== "closed").length < a.capacity);
        if (!free || c.status !== "queued") return;
        c.status = "open";
        c.agent = free;
        to(free.sockets, { type: "conversation", row: row(c) });
        add(c, { role: "system", kind: "text", text: "conversation.assigned", sender: { id: free.id, name: free.name } });
    }
    function routeAll() {
        queue().forEach(route);
        tellMeta();
    }
    function start(v) {
        const c = { id: talks.length + 1, visitor: v, status: "queued", messages: [], acks: new Map() };
        talks.push(c);
        return c;
    }
    function finish(c, who) {
        if (c.status === "closed") return;
        add(c, { role: "system", kind: "text", text: "conversation.closed", sender: who });
        c.status = "closed";
        routeAll();
    }

    /* ---- visitor socket ---- */
    function visitorFrame(v, f, reply) {
        const c = current(v);
        if (f.type === "start") {
            const fresh = c ?? start(v);
            reply({ type: "ack", client_id: f.client_id, conversation: String(fresh.id), seq: 0 });
            routeAll();
        } else if (f.type === "send") {
            const known = v.acks.get(f.client_id);
            if (known) return reply(known);
            if (f.kind === "text" && (!f.text || [...f.text].length > LIMITS.text_chars))
                return reply({ type: "error", code: "message.text", message: "bad text", client_id: f.client_id });
            const talk = c ?? start(v);
            const m = { role: "customer", kind: f.kind, text: f.text ?? "", card: f.card, file: f.file && files.get(f.file)?.info, client_id: f.client_id };
            if (talk.status === "waiting") talk.status = "open";
            const at = Date.now();
            const ack = { type: "ack", client_id: f.client_id, conversation: String(talk.id), seq: talk.messages.length + 1, at };
            v.acks.set(f.client_id, ack);
            reply(ack);
            add(talk, { ...m, at });
            routeAll();
        } else if (f.type === "typing") {
            if (c?.agent) to(c.agent.sockets, { type: "presence", conversation: String(c.id), users: [], visitor: { online: true, typing: f.on, preview: f.text ?? "" } });
        } else if (f.type === "read") {
            v.read = Math.max(v.read, f.seq);
            if (c?.agent) to(c.agent.sockets, { type: "read", conversation: String(c.id), seq: f.seq });
        } else if (f.type === "recall") {
            const m = c?.messages[f.seq - 1];
            if (m?.role !== "customer" || Date.now() - m.at > RECALL_MS) return reply({ type: "error", code: "recall.late", message: "too late" });
            Object.assign(m, { recalled: true, text: "", file: undefined, card: undefined });
            reply({ type: "ack", seq: f.seq });
            const frame = { type: "recalled", conversation: m.conversation, seq: f.seq };
            to(v.sockets, frame);
            if (c.agent) to(c.agent.sockets, frame);
        } else if (f.type === "rate") {
            const last = newest(v);
            if (last) last.rating = { score: f.score, note: f.note };
            reply({ type: "ack" });
        } else if (f.type === "close") {
            reply({ type: "ack" });
            if (c) finish(c);
        } else if (f.type === "ping") reply({ type: "pong", now: Date.now() });
    }
    function visitorSocket(ws) {
        let v;
        ws.on("message", (data) => {
            const f = JSON.parse(data);
            const reply = (x) => to([ws], x);
            if (v) return visitorFrame(v, f, reply);
            v = visitors.get(f.token);
            if (f.type !== "hello" || !v) return ws.close(4401);
            v.sockets.add(ws);
            const c = newest(v);
            reply({ type: "welcome", now: Date.now(), conversation: c ? String(c.id) : null, last_seq: c?.messages.length ?? 0, visitor_read: v.read, agent_read: c?.agentRead ?? 0 });
            for (const m of c?.messages ?? []) if (m.seq > f.after) reply({ type: "message", message: shown(m, v) });
            reply(meta(v));
        });
        ws.on("close", () => v?.sockets.delete(ws));
    }

    /* ---- desk ---- */
    function deskFrame(a, f, reply) {
        const c = talks[f.conversation - 1];
        if (f.type === "hello") {
            reply({ type: "welcome", now: Date.now(), me: { id: a.id, name: a.name, status: a.status } });
            for (const x of talks) if (x.agent === a && x.status !== "closed") reply({ type: "conversation", row: row(x) });
        } else if (f.type === "status") {
            a.status = f.status;
            reply({ type: "agent", id: a.id, name: a.name, status: a.status });
            routeAll();
        } else if (f.type === "send") {
            const m = add(c, { role: "agent", kind: f.kind, text: f.text, card: f.card, sender: { id: a.id, name: a.name } });
            c.status = "waiting";
            reply({ type: "ack", client_id: f.client_id, conversation: f.conversation, seq: m.seq, at: m.at });
            to(c.visitor.sockets, meta(c.visitor));
        } else if (f.type === "typing") to(c.visitor.sockets, { type: "typing", on: f.on });
        else if (f.type === "watch") { for (const m of c.messages) if (m.seq > (f.after ?? 0)) reply({ type: "message", message: shown(m) }); }
        else if (f.type === "read") {
            c.agentRead = f.seq;
            to(c.visitor.sockets, { type: "read", seq: f.seq });
        } else if (f.type === "recall") {
            const m = c.messages[f.seq - 1];
            Object.assign(m, { recalled: true, text: "" });
            reply({ type: "ack", seq: f.seq });
            to(c.visitor.sockets, { type: "recalled", conversation: f.conversation, seq: f.seq });
        }
    }
    function deskSocket(ws, a) {
        a.sockets.add(ws);
        ws.on("message", (data) => deskFrame(a, JSON.parse(data), (x) => to([ws], x)));
        ws.on("close", () => {
            a.sockets.delete(ws);
            if (a.sockets.size === 0) a.status = "offline";
        });
    }

    /* ---- HTTP ---- */
    const cookieOf = (req) => /zx_session=(\w+)/.exec(req.headers.cookie ?? "")?.[1];
    const visitorOf = (req) => visitors.get((req.headers.authorization ?? "").replace(/^Bearer /, ""));
    const fault = (status, code) => [status, { error: { code, message: code } }];
    const forged = (i) => i && !i.jwt && createHmac("sha256", secret).update(i.user_id ?? "").digest("hex") !== i.hash;

    function session(b) {
        if (b.channel !== "demo") return fault(404, "channel.unknown");
        if (forged(b.identity)) return fault(401, "identity.forged");
        let v = visitors.get(b.token);
        if (!v) {
            counter++;
            v = { id: String(counter), name: b.identity?.name ?? `访客 ${counter}`, token: randomBytes(16).toString("hex"), sockets: new Set(), acks: new Map(), read: 0 };
            visitors.set(v.token, v);
        }
        const c = newest(v);
        return [200, {
            token: v.token, visitor: { id: v.id, name: v.name },
            channel: {
                key: "demo", name: "知心小店", agent_label: "客服", color: "#0b5cd7",
                greeting: "你好，这里是知心小店。尺码、发货和退换都可以问，说商品名或发图片都行。",
                quick_questions: ["什么时候发货？", "尺码怎么选？", "怎么退换？"], address_form: "你",
                offline_text: "客服休息了，留言会在上班后第一时间回复。", privacy_text: "聊天内容只用来处理你的问题，保留 180 天。",
            },
            limits: LIMITS, open: open(), next_open_at: nextOpen(), conversation: c ? String(c.id) : null, last_seq: c?.messages.length ?? 0, now: Date.now(),
        }];
    }
    function upload(req, body) {
        const id = String(files.size + 1);
        const name = decodeURIComponent(req.headers["x-file-name"] ?? "file");
        const info = { id, name, type: req.headers["content-type"], bytes: body.length, url: `/api/files/${id}?k=${randomBytes(6).toString("hex")}` };
        files.set(id, { info, body });
        return [200, { file: info }];
    }
    function history(v, q) {
        const list = (newest(v)?.messages ?? []).filter((m) => m.seq < Number(q.get("before") ?? 1e9));
        return [200, { items: list.slice(-Number(q.get("limit") ?? 30)).map((m) => shown(m, v)) }];
    }
    function leave(v, b) {
        if (!b.contact || !b.text) return fault(400, "offline.contact");
        add(start(v), { role: "customer", kind: "text", text: b.text });
        return [200, { receipt: randomBytes(3).toString("hex").toUpperCase() }];
    }
    function login(b) {
        const names = { xiaoyu: "小雨", xiaolin: "小林", zhuguan: "主管", laoban: "老板" };
        if (!names[b.user] || b.password !== "zhixin-demo") return fault(401, "login.wrong");
        const known = [...agents].find(([, a]) => a.user === b.user);
        const cookie = known?.[0] ?? randomBytes(8).toString("hex");
        if (!known) agents.set(cookie, { id: String(agents.size + 1), user: b.user, name: names[b.user], status: "offline", capacity: 6, sockets: new Set() });
        return [200, { user: { id: agents.get(cookie).id, name: names[b.user] }, csrf: "csrf" }, { "Set-Cookie": `zx_session=${cookie}; HttpOnly; SameSite=Lax; Path=/` }];
    }
    function api(req, url, body) {
        const path = `${req.method} ${url.pathname}`;
        const json = () => JSON.parse(body.toString() || "{}");
        const v = visitorOf(req);
        const close = /^POST \/api\/conversations\/(\d+)\/close$/.exec(path);
        if (path === "POST /api/widget/session") return session(json());
        if (path === "POST /api/login") return login(json());
        if (url.pathname.startsWith("/api/widget/") && !v) return fault(401, "token.bad");
        if (path === "POST /api/widget/uploads") return upload(req, body);
        if (path === "GET /api/widget/messages") return history(v, url.searchParams);
        if (path === "POST /api/widget/offline") return leave(v, json());
        if (url.pathname.startsWith("/api/") && !agents.has(cookieOf(req))) return fault(401, "login.needed");
        if (path === "GET /api/hours") return [200, { ...hours, now_open: open(), next_open_at: nextOpen() }];
        if (path === "PUT /api/hours") {
            hours = { ...hours, ...json(), version: hours.version + 1 };
            tellMeta();
            return [200, hours];
        }
        if (close && talks[close[1] - 1]) {
            finish(talks[close[1] - 1], { id: "1", name: "小雨" });
            return [200, {}];
        }
        return fault(404, "route.unknown");
    }
    function statics(path) {
        if (path === "/widget/panel") return ["widget/dist/panel.html", PANEL_CSP];
        if (path.startsWith("/widget/")) return [`widget/dist/${path.slice(8)}`];
        if (path === "/demo" || path === "/demo/") return ["demo/index.html", DEMO_CSP];
        if (path.startsWith("/demo/")) return [`demo/${path.slice(6)}`];
        return [];
    }
    const server = createServer((req, res) => {
        const url = new URL(req.url, "http://x");
        const parts = [];
        req.on("data", (d) => parts.push(d));
        req.on("end", () => {
            const file = /^\/api\/files\/(\d+)$/.exec(url.pathname);
            if (file && files.has(file[1])) {
                const { info, body } = files.get(file[1]);
                return res.writeHead(200, { "Content-Type": info.type, "X-Content-Type-Options": "nosniff" }).end(body);
            }
            if (url.pathname.startsWith("/api/")) {
                const [status, data, headers] = api(req, url, Buffer.concat(parts));
                return res.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(data));
            }
            const [name, csp] = statics(normalize(url.pathname));
            if (!name || !existsSync(join(web, name))) return res.writeHead(404, { "Content-Type": "text/plain" }).end("not here\n");
            res.writeHead(200, {
                "Content-Type": TYPES[extname(name)] ?? "application/octet-stream", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache",
                ...(csp && { "Content-Security-Policy": csp }),
            }).end(readFileSync(join(web, name)));
        });
    });
    const wss = new WebSocketServer({ noServer: true, maxPayload: 16384 });
    server.on("upgrade", (req, socket, head) => {
        const path = new URL(req.url, "http://x").pathname;
        const agent = agents.get(cookieOf(req));
        if (path === "/api/widget/ws") wss.handleUpgrade(req, socket, head, visitorSocket);
        else if (path === "/api/ws" && agent) wss.handleUpgrade(req, socket, head, (ws) => deskSocket(ws, agent));
        else socket.destroy();
    });
    await new Promise((ok) => server.listen(port, host, ok));
    return {
        url: `http://${host}:${server.address().port}`,
        close() {
            for (const s of wss.clients) s.terminate();
            server.closeAllConnections();
            return new Promise((ok) => server.close(ok));
        },
    };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const m = await mock({ port: Number(process.env.PORT ?? 8090) });
    console.log(`mock server: ${m.url}/demo`);
}
