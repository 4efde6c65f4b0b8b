// SPDX-License-Identifier: Apache-2.0
// A stand-in for the server while pages are drawn: fixtures over HTTP, a quiet socket, the built desk
// with the real policy. `node test/mock.mjs 8099` for `ZHIXIN_URL=http://127.0.0.1:8099 npm run dev`.

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import * as fix from './fixtures.mjs';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const TYPES = {
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.svg': 'image/svg+xml',
    '.html': 'text/html; charset=utf-8',
    '.json': 'application/json',
};
export const CSP =
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/** `state.user` null: nobody is logged in. `state.fail`: path → status, for error states. */
export async function startMock(
    port = 0,
    state = { user: fix.users[0], setup: fix.setup, fail: {}, hang: new Set(), empty: new Set() },
) {
    const me = () => ({
        user: state.user,
        shop: fix.shop,
        shops: [fix.shop],
        csrf: 'x',
        demo: true,
        now: Date.now(),
    });
    const json = (res, status, body, headers = {}) => {
        res.writeHead(status, {
            'Content-Type': 'application/json',
            'X-Request-Id': 'r-7f3a',
            ...headers,
        });
        res.end(JSON.stringify(body));
    };
    const error = (res, status, code, headers) =>
        json(res, status, { error: { code, message: code } }, headers);

    const post = {
        '/api/login': (res, b) => {
            if (b.password === 'wrong') return error(res, 401, 'login.wrong');
            if (b.password === 'slow')
                return error(res, 429, 'login.throttled', { 'Retry-After': '30' });
            if (b.password === 'totp' && !b.code) return error(res, 401, 'login.code_needed');
            state.user =
                fix.users.find(
                    (u) => u.role === { zhuguan: 'supervisor', xiaoyu: 'agent' }[b.user],
                ) ?? fix.users[0];
            json(res, 200, { user: state.user, csrf: 'x' });
        },
        '/api/logout': (res) => {
            state.user = null;
            json(res, 200, {});
        },
        '/api/setup': (res) => {
            state.user = fix.users[0];
            json(res, 200, {
                channel: { id: '1', key: 'k' },
                snippet: fix.get['/api/channels']().items[0].snippet,
                csrf: 'x',
            });
        },
        '/api/me/totp/begin': (res) =>
            json(res, 200, {
                secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
                uri: 'otpauth://totp/%E4%BA%91%E4%B8%8A%E5%B0%8F%E9%93%BA:zhang%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Zhixin',
            }),
        '/api/me/totp/confirm': (res, b) =>
            b.code === '000000'
                ? error(res, 400, 'totp.code')
                : json(res, 200, {
                      recovery: Array.from({ length: 10 }, (_, i) => `k7m2-9x4${i}-pq${i}w`),
                  }),
        '/api/invitations': (res) =>
            json(res, 200, {
                url: 'https://desk.example.com/invite/Zx81k_9fQ2mE7vT0',
                expires_at: Date.now() + 72 * 3_600_000,
            }),
        '/api/guard/effect': (res, b) =>
            json(res, 200, fix.guardEffect(b.text, state.empty.has('/api/guard/effect'))),
        '/api/apikeys': (res) =>
            json(res, 201, { id: '3', key: 'zxk_a8f2c1d94e7b60318f5e2c7a9d4b1e60' }),
        '/api/webhooks': (res, b) =>
            json(res, 201, { id: '2', ...b, active: true, secret: 'whs_41c2a97e5f' }),
    };

    const server = createServer(async (req, res) => {
        const url = new URL(req.url, 'http://x');
        const path = url.pathname;
        if (!path.startsWith('/api/')) {
            const file = join(DIST, path);
            const hit =
                path !== '/' && !path.includes('..') && existsSync(file) && extname(file)
                    ? file
                    : join(DIST, 'index.html');
            res.writeHead(200, {
                'Content-Type': TYPES[extname(hit)] ?? 'application/octet-stream',
                'Content-Security-Policy': CSP,
            });
            return res.end(readFileSync(hit));
        }
        let text = '';
        try {
            for await (const chunk of req) text += chunk;
        } catch {
            return; // the page went away while it was sending
        }
        if (state.hang.has(path)) return;
        if (state.fail[path]) return error(res, state.fail[path], `http.${state.fail[path]}`);
        if (path === '/api/setup' && req.method === 'GET') return json(res, 200, state.setup);
        if (path === '/api/me' && req.method === 'GET')
            return state.user ? json(res, 200, me()) : error(res, 401, 'session.gone');
        if (req.method === 'GET') {
            if (!state.user) return error(res, 401, 'session.gone');
            if (state.empty.has(path)) return json(res, 200, { items: [], next: null });
            if (fix.get[path]) return json(res, 200, fix.get[path](url));
            if (/deliveries$/.test(path))
                return json(res, 200, { items: fix.deliveries, next: null });
            return error(res, 404, 'route.unknown');
        }
        if (post[path] && req.method === 'POST')
            return post[path](res, text ? JSON.parse(text) : {});
        if (/\/reset$/.test(path))
            return json(res, 200, { url: 'https://desk.example.com/reset/Qm3_e81kT' });
        return json(res, 200, {});
    });
    const wss = new WebSocketServer({ noServer: true });
    server.on('upgrade', (req, socket, head) => {
        if (!state.user) return socket.destroy();
        const user = state.user; // whom the socket belongs to, also when a test ends the log-in under it
        wss.handleUpgrade(req, socket, head, (ws) => {
            const self = () => ({
                id: user.id,
                name: user.nickname,
                role: user.role,
                status: state.status ?? 'online',
                reason: state.reason ?? '',
                capacity: user.capacity,
                open: 2,
            });
            ws.on('message', (m) => {
                const f = JSON.parse(m);
                if (f.type === 'hello')
                    ws.send(JSON.stringify({ type: 'welcome', now: Date.now(), me: self() }));
                if (f.type === 'ping') ws.send(JSON.stringify({ type: 'pong', now: Date.now() }));
                if (f.type === 'status') {
                    state.status = f.status;
                    state.reason = f.reason;
                    ws.send(JSON.stringify({ type: 'agent', ...self() }));
                }
            });
        });
    });
    await new Promise((done) => server.listen(port, '127.0.0.1', done));
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        state,
        drop: () => {
            for (const c of wss.clients) c.terminate();
        },
        stop: () => {
            for (const c of wss.clients) c.terminate();
            server.closeAllConnections();
            server.close();
        },
    };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const m = await startMock(Number(process.argv[2] ?? 8099));
    console.log(m.url);
}
