// SPDX-License-Identifier: Apache-2.0
// A stand-in for the server behind the workbench: docs/protocol.md §4 and §5 over fixtures, in memory.
// `node test/chat-mock.mjs 8098` serves the built desk; tests drive it through the returned object.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import * as fix from './chat-fixtures.mjs';
import { CSP } from './mock.mjs';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const TYPES = {
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.svg': 'image/svg+xml',
    '.html': 'text/html; charset=utf-8',
};
const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="420"><rect width="640" height="420" fill="#d9e2ee"/><path d="M120 360V150l90-70h90l90 70v210z" fill="#8fa7c4"/><path d="M400 360V190l60-50h60l60 50v170z" fill="#6f8bb0"/></svg>`;

export async function startChatMock({ port = 0, user = fix.me, many = 0 } = {}) {
    const all = new Map(fix.conversations().map((c) => [c.row.id, c]));
    const extra = many ? fix.manyRows(many) : [];
    const sent = new Map();
    const notes = new Map();
    const state = { requests: [], sends: [], holdAcks: false, guard: true, dropSends: 0 };
    const peers = new Set();
    const isMine = (r) => r.assignee?.id === user.id && r.status !== 'closed';
    const views = {
        mine: isMine,
        queue: (r) => r.status === 'queued',
        all: (r) => r.status !== 'closed',
        closed: (r) => r.status === 'closed',
    };
    const rows = () => [...all.values()].map((c) => c.row).concat(extra);
    const push = (frame, to = () => true) => {
        for (const p of peers) if (to(p)) p.ws.send(JSON.stringify(frame));
    };
    const pushRow = (row) => push({ type: 'conversation', row });
    const watching = (id) => (p) => p.watched.has(id) || isMine(all.get(id).row);

    function add(id, message) {
        const c = all.get(id);
        const seq = c.msgs.length + 1;
        const m = { conversation: id, seq, kind: 'text', at: Date.now(), text: '', ...message };
        c.msgs.push(m);
        const r = c.row;
        r.last_seq = seq;
        r.updated_at = m.at;
        if (m.role !== 'system') r.last = { role: m.role, kind: m.kind, text: m.text, at: m.at };
        if (m.role === 'customer') {
            r.unread++;
            r.status = r.assignee ? 'open' : 'queued';
            r.sla ??= {
                kind: 'reply',
                started_at: m.at,
                due_at: m.at + 20_000,
                limit_ms: 20_000,
                paused: false,
            };
            if (m.understanding) r.emotion = m.understanding.emotion;
        } else if (m.role === 'agent' && m.kind !== 'note') {
            r.unread = 0;
            r.agent_read_seq = seq;
            r.sla = null;
            r.status = 'waiting';
        }
        const { client_id, ...open } = m;
        push(
            { type: 'message', message: open, sla: r.sla, unread: r.unread, status: r.status },
            watching(id),
        );
        return m;
    }

    function hits(text) {
        const out = [];
        const find = (words, rule, level, message, rewrite) => {
            const at = text.indexOf(words);
            if (at < 0) return;
            const start = Array.from(text.slice(0, at)).length;
            out.push({
                rule,
                version: '3',
                level,
                start,
                end: start + Array.from(words).length,
                words,
                message,
                rewrite,
            });
        };
        if (!state.guard) return out;
        find(
            '最便宜',
            'absolute_term',
            'warn',
            '容易被认定为绝对化用语。改成可核对的事实。',
            '店里近 30 天内较低的价格',
        );
        find('加微信', 'off_platform', 'block', '不能把顾客引到站外。', null);
        find('免单', 'beyond_policy', 'approve', '规定里没有，先请主管同意。', null);
        return out;
    }

    function send(peer, f) {
        state.sends.push(f);
        if (state.dropSends > 0) {
            state.dropSends--;
            return;
        }
        const key = f.client_id;
        const reply = (m) => peer.ws.send(JSON.stringify(m));
        if (sent.has(key)) return reply(sent.get(key));
        const c = all.get(f.conversation);
        if (!c)
            return reply({
                type: 'error',
                code: 'conversation.unknown',
                message: '',
                client_id: key,
            });
        if (c.row.status === 'closed' && f.kind !== 'note')
            return reply({
                type: 'error',
                code: 'conversation.closed',
                message: '',
                client_id: key,
            });
        const bad = f.kind === 'note' ? [] : hits(f.text);
        const seen = new Set(f.guard_seen ?? []);
        const open = bad.filter((h) => h.level !== 'warn' || !seen.has(h.rule));
        if (open.length) {
            const level = ['block', 'approve', 'warn'].find((l) => open.some((h) => h.level === l));
            return reply({
                type: 'guard',
                client_id: key,
                conversation: f.conversation,
                level,
                hits: open,
            });
        }
        const file = f.file
            ? {
                  id: f.file,
                  name: 'photo.png',
                  type: 'image/png',
                  bytes: 88_000,
                  width: 640,
                  height: 420,
                  url: `/api/files/${f.file}`,
              }
            : undefined;
        const m = add(f.conversation, {
            role: 'agent',
            kind: f.kind,
            text: f.text,
            sender: { id: user.id, name: user.nickname },
            client_id: key,
            ...(file ? { file } : {}),
        });
        const ack = {
            type: 'ack',
            client_id: key,
            conversation: f.conversation,
            seq: m.seq,
            at: m.at,
        };
        sent.set(key, ack);
        if (!state.holdAcks) reply(ack);
    }

    const handlers = {
        hello(p, f) {
            p.reply({
                type: 'welcome',
                now: Date.now(),
                me: {
                    id: user.id,
                    name: user.nickname,
                    role: user.role,
                    status: 'online',
                    reason: '',
                    capacity: 6,
                    open: 4,
                },
            });
            for (const c of all.values())
                if (isMine(c.row)) p.reply({ type: 'conversation', row: c.row });
            for (const [id, after] of Object.entries(f.after ?? {})) p.missed(id, after);
            p.reply({
                type: 'queue',
                waiting: rows().filter(views.queue).length,
                all: rows().length,
                longest_since: Date.now() - 75_000,
            });
        },
        watch(p, f) {
            p.watched.add(f.conversation);
            p.missed(f.conversation, f.after ?? 0);
            p.reply({
                type: 'presence',
                conversation: f.conversation,
                users: [{ id: user.id, name: user.nickname, typing: '' }],
                visitor: { online: true, typing: false, preview: '' },
            });
        },
        unwatch: (p, f) => p.watched.delete(f.conversation),
        send,
        typing() {},
        read(_, f) {
            const r = all.get(f.conversation)?.row;
            if (r) Object.assign(r, { unread: 0, agent_read_seq: f.seq });
        },
        recall(p, f) {
            const m = all.get(f.conversation).msgs[f.seq - 1];
            if (Date.now() - m.at > 120_000)
                return p.reply({ type: 'error', code: 'message.recall_late', message: '' });
            Object.assign(m, { recalled: true, text: '' });
            push({ type: 'recalled', conversation: f.conversation, seq: f.seq });
        },
        status: (p, f) =>
            p.reply({
                type: 'agent',
                id: user.id,
                name: user.nickname,
                status: f.status,
                reason: f.reason ?? '',
                open: 4,
                capacity: 6,
            }),
        active() {},
        ping: (p) => p.reply({ type: 'pong', now: Date.now() }),
    };

    const act = {
        take(r) {
            if (r.assignee) return 'conversation.not_mine';
            Object.assign(r, { assignee: { id: user.id, name: user.nickname }, status: 'open' });
        },
        takeover: (r) => void Object.assign(r, { assignee: { id: user.id, name: user.nickname } }),
        transfer(r, b) {
            const to = fix.agents.find((a) => a.id === b.to);
            Object.assign(r, {
                assignee: to ? { id: to.id, name: to.name } : null,
                status: to ? 'open' : 'queued',
            });
            if (b.note)
                add(r.id, {
                    role: 'agent',
                    kind: 'note',
                    text: b.note,
                    sender: { id: user.id, name: user.nickname },
                });
            add(r.id, {
                role: 'system',
                text: to ? 'conversation.transferred' : 'conversation.requeued',
                ...(to ? { sender: { id: to.id, name: to.name } } : {}),
            });
        },
        close(r, b) {
            Object.assign(r, {
                status: 'closed',
                close_reason: b.reason,
                closed_at: Date.now(),
                sla: null,
                unread: 0,
            });
            add(r.id, {
                role: 'system',
                text: 'conversation.closed',
                sender: { id: user.id, name: user.nickname },
            });
        },
        reopen: (r) =>
            void Object.assign(r, { status: 'open', closed_at: null, close_reason: null }),
        snooze: (r, b) => void Object.assign(r, { status: 'snoozed', snooze_until: b.until }),
        tags(r, b) {
            r.tags = r.tags.filter((t) => !b.remove.includes(t)).concat(b.add);
        },
        stage(r, b) {
            r.stage = b.stage;
        },
    };

    function http(method, url, body) {
        const path = url.pathname;
        const q = Object.fromEntries(url.searchParams);
        if (path === '/api/me')
            return {
                user,
                shop: fix.shop,
                shops: [fix.shop],
                csrf: 'x',
                demo: true,
                now: Date.now(),
            };
        if (path === '/api/setup') return { needed: false, demo: true };
        if (path === '/api/agents') return { items: fix.agents };
        if (path === '/api/channels')
            return { items: [{ id: '1', name: '官网', address_form: '您' }] };
        if (path === '/api/suggestions')
            return { items: q.conversation === '103' ? [] : fix.suggestions };
        if (path === '/api/scripts')
            return {
                items: fix.scripts.filter(
                    (s) => !q.q || s.shortcut.startsWith(q.q) || s.title.includes(q.q),
                ),
            };
        if (path === '/api/guard/check') return { hits: hits(body.text) };
        if (path === '/api/search') {
            const items = [];
            for (const { row, msgs } of all.values())
                for (const m of msgs) {
                    const at = m.role === 'system' ? -1 : m.text.indexOf(q.q);
                    if (at < 0 || items.length >= 20) continue;
                    const start = Array.from(m.text.slice(0, at)).length;
                    items.push({
                        conversation: row.id,
                        seq: m.seq,
                        at: m.at,
                        role: m.role,
                        text: m.text,
                        spans: [[start, start + Array.from(q.q).length]],
                        customer: { id: row.customer.id, name: row.customer.name },
                    });
                }
            return { items, next: null, watermark: 1 };
        }
        if (path === '/api/conversations') {
            const list = rows()
                .filter(views[q.view])
                .filter((r) => !q.q || r.customer.name.includes(q.q));
            return {
                items: list,
                next: null,
                counts: {
                    mine: rows().filter(isMine).length,
                    queue: rows().filter(views.queue).length,
                    all: rows().filter(views.all).length,
                },
            };
        }
        const customer = /^\/api\/customers\/9?(\w+)(\/\w+)?$/.exec(path);
        if (customer) {
            const c = all.get(customer[1]);
            if (customer[2]) c.row.customer.blocked = customer[2] === '/block';
            else if (method === 'PATCH') {
                notes.set(c.row.id, body.note ?? notes.get(c.row.id) ?? '');
                Object.assign(c.row.customer, body.name ? { name: body.name, vip: body.vip } : {});
            }
            return {};
        }
        const label = /^\/api\/conversations\/(\w+)\/messages\/(\d+)\/label$/.exec(path);
        if (label) {
            const m = all.get(label[1])?.msgs[label[2] - 1];
            if (!m) return null;
            if (method === 'PUT')
                m.corrected = {
                    ...body,
                    by: { id: user.id, name: user.nickname },
                    at: Date.now(),
                };
            else delete m.corrected;
            const corrected = m.corrected ?? null;
            push(
                { type: 'corrected', conversation: label[1], seq: m.seq, corrected },
                watching(label[1]),
            );
            return { message: m };
        }
        const conv = /^\/api\/conversations\/(\w+)(?:\/(\w+))?$/.exec(path);
        const c = conv && all.get(conv[1]);
        if (!c) return null;
        if (conv[2] === 'messages') {
            const limit = Number(q.limit ?? 60);
            const before = Number(q.before ?? c.msgs.length + 1);
            return { items: c.msgs.slice(Math.max(0, before - 1 - limit), before - 1) };
        }
        if (conv[2] === 'summary') {
            if (state.noSummary) return null;
            return fix.summary(c.row, c.msgs);
        }
        if (conv[2] === 'sla')
            return { rounds: c.row.sla || c.row.id === '101' ? fix.rounds() : [] };
        if (!conv[2]) {
            const day = 86_400_000;
            return {
                conversation: c.row,
                customer: {
                    ...c.row.customer,
                    note:
                        notes.get(c.row.id) ??
                        (c.row.id === '101'
                            ? '偏好退款不要换货；上次 11-02 因发错色补过 20 元券。'
                            : ''),
                    identities: [{ channel: '1', external: 'shop-uid-77310' }],
                    created_at: Date.now() - 40 * day,
                    conversations: 4,
                    lang: 'zh-CN',
                    page: c.row.page,
                },
                history:
                    c.row.id === '101'
                        ? [
                              {
                                  id: '401',
                                  created_at: Date.now() - 20 * day,
                                  closed_at: Date.now() - 20 * day,
                                  subject: '发错颜色',
                                  last: {
                                      role: 'agent',
                                      kind: 'text',
                                      text: '补了 20 元券',
                                      at: 0,
                                  },
                              },
                              {
                                  id: '103',
                                  created_at: Date.now() - 33 * day,
                                  closed_at: Date.now() - 33 * day,
                                  subject: '',
                                  last: {
                                      role: 'customer',
                                      kind: 'text',
                                      text: '尺码怎么选',
                                      at: 0,
                                  },
                              },
                          ]
                        : [],
            };
        }
        const code = act[conv[2]]?.(c.row, body);
        if (code) return { status: 409, error: { code, message: code } };
        pushRow(c.row);
        return { conversation: c.row };
    }

    const server = createServer(async (req, res) => {
        const url = new URL(req.url, 'http://x');
        if (!url.pathname.startsWith('/api/')) {
            const file = join(DIST, url.pathname);
            const hit =
                extname(url.pathname) && !url.pathname.includes('..') && existsSync(file)
                    ? file
                    : join(DIST, 'index.html');
            res.writeHead(200, {
                'Content-Type': TYPES[extname(hit)] ?? 'application/octet-stream',
                'Content-Security-Policy': CSP,
            });
            return res.end(readFileSync(hit));
        }
        const chunks = [];
        for await (const c of req) chunks.push(c);
        state.requests.push(`${req.method} ${url.pathname}`);
        const json = (status, body) => {
            res.writeHead(status, { 'Content-Type': 'application/json' });
            res.end(JSON.stringify(body));
        };
        if (url.pathname.startsWith('/api/files/')) {
            res.writeHead(200, { 'Content-Type': 'image/svg+xml' });
            return res.end(PICTURE);
        }
        if (url.pathname === '/api/uploads') {
            const name = decodeURIComponent(req.headers['x-file-name']);
            return json(200, {
                file: {
                    id: `u${state.requests.length}`,
                    name,
                    type: req.headers['content-type'],
                    bytes: Buffer.concat(chunks).length,
                    width: 640,
                    height: 420,
                    url: '/api/files/u',
                },
            });
        }
        const text = Buffer.concat(chunks).toString();
        const answer = http(req.method, url, text ? JSON.parse(text) : {});
        if (!answer)
            return json(404, { error: { code: 'conversation.unknown', message: 'unknown' } });
        json(answer.status ?? 200, answer);
    });
    const wss = new WebSocketServer({ noServer: true });
    server.on('upgrade', (req, socket, head) =>
        wss.handleUpgrade(req, socket, head, (ws) => {
            const p = {
                ws,
                watched: new Set(),
                reply: (f) => ws.send(JSON.stringify(f)),
                missed(id, after) {
                    for (const m of all.get(id)?.msgs.slice(after) ?? [])
                        p.reply({ type: 'message', message: m });
                },
            };
            peers.add(p);
            ws.on('close', () => peers.delete(p));
            ws.on('message', (data) => {
                const f = JSON.parse(data);
                handlers[f.type]?.(p, f);
            });
        }),
    );
    await new Promise((done) => server.listen(port, '127.0.0.1', done));
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        state,
        all,
        push,
        /** The customer writes. */
        say: (id, text, more = {}) => add(id, { role: 'customer', text, ...more }),
        add,
        drop: () => {
            for (const c of wss.clients) c.terminate();
        },
        stop() {
            for (const c of wss.clients) c.terminate();
            server.closeAllConnections();
            server.close();
        },
    };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const m = await startChatMock({
        port: Number(process.argv[2] ?? 8098),
        many: Number(process.argv[3] ?? 0),
    });
    console.log(m.url);
}
