// SPDX-License-Identifier: Apache-2.0
// Shared by the browser tests: one Chromium, a server (the mock, or build/zhixin when it is asked for),
// pages that record CSP violations and errors, axe, screenshots into a temporary folder.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { CSP } from '../test/mock.mjs';

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const SHOTS = process.env.ZHIXIN_SHOTS ?? mkdtempSync(join(tmpdir(), 'zhixin-shots-'));

export function openBrowser() {
    const executablePath = [
        process.env.CHROMIUM,
        '/usr/bin/chromium',
        '/usr/bin/google-chrome',
    ].find((p) => p && existsSync(p));
    assert.ok(executablePath, 'no Chromium: set CHROMIUM to its path');
    // A page put in place by a test has no address of its own; its socket to this machine is meant.
    const off = 'LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets';
    const args = ['--no-sandbox', `--disable-features=${off}`];
    return chromium.launch({ executablePath, args });
}

/** A page that remembers what went wrong in it. */
export async function openPage(
    browser,
    { theme = 'light', width = 1280, height = 720, locale = 'zh-CN' } = {},
) {
    const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: theme,
        locale,
    });
    await context.addInitScript(() => {
        window.__csp = [];
        addEventListener('securitypolicyviolation', (e) => {
            window.__csp.push(
                `${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`,
            );
        });
    });
    const page = await context.newPage();
    page.faults = [];
    page.on('pageerror', (e) => page.faults.push(String(e)));
    page.on('console', (m) => {
        // A refused request is an answer that the page shows; the browser logs it all the same.
        if (
            m.type() === 'error' &&
            !/Failed to load resource|WebSocket connection/.test(m.text())
        ) {
            page.faults.push(m.text());
        }
    });
    return page;
}

/** WCAG A and AA of the page as it stands. */
export async function axe(page, { exclude = [] } = {}) {
    await page.evaluate(axeSource);
    const found = await page.evaluate(
        (ex) =>
            window.axe.run(
                { exclude: ex },
                {
                    runOnly: [
                        'wcag2a',
                        'wcag2aa',
                        'wcag21a',
                        'wcag21aa',
                        'wcag22aa',
                        'best-practice',
                    ],
                },
            ),
        exclude,
    );
    return found.violations.map(
        (v) =>
            `${v.id} (${v.impact}): ${v.nodes
                .map((n) => n.target.join(' '))
                .slice(0, 4)
                .join(' | ')}`,
    );
}

export async function clean(page, what) {
    const csp = await page.evaluate(() => window.__csp);
    assert.deepEqual(csp, [], `${what}: policy violations`);
    assert.deepEqual(page.faults, [], `${what}: errors`);
}

/** Nothing of the page may stick out sideways (WCAG 1.4.10). */
export async function fits(page, what) {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${what}: ${wide} px too wide`);
}

export async function shot(page, name) {
    mkdirSync(SHOTS, { recursive: true });
    await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

const freePort = () =>
    new Promise((done) => {
        const s = createServer().listen(0, '127.0.0.1', () => {
            const { port } = s.address();
            s.close(() => done(port));
        });
    });

export const realServer = () => {
    const bin = process.env.ZHIXIN_BIN ?? join(ROOT, 'build/zhixin');
    return existsSync(bin) ? bin : null;
};

/** The demo shop on a free port with its own data; `stop` ends it and removes the data. */
export async function startReal(bin) {
    const port = await freePort();
    const data = mkdtempSync(join(tmpdir(), 'zhixin-desk-'));
    const child = spawn(bin, ['serve', '--demo', '--listen', `127.0.0.1:${port}`, '--data', data], {
        stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    child.stderr.on('data', (d) => {
        log = (log + d).slice(-4000);
    });
    const url = `http://127.0.0.1:${port}`;
    for (let i = 0; i < 100; i++) {
        if (child.exitCode !== null) break;
        try {
            if ((await fetch(`${url}/healthz`)).ok) {
                const stop = () =>
                    new Promise((done) => {
                        child.once('exit', () => {
                            rmSync(data, { recursive: true, force: true });
                            done();
                        });
                        child.kill('SIGTERM');
                    });
                return { url, stop };
            }
        } catch {
            // Not up yet.
        }
        await new Promise((r) => setTimeout(r, 100));
    }
    child.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true });
    throw new Error(`the server did not come up:\n${log}`);
}

const MIME = {
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.svg': 'image/svg+xml',
    '.html': 'text/html; charset=utf-8',
};

/**
 * Serve the desk from dist/ in place of the files inside the server's binary, under the policy that the
 * server sends: for work on the pages without linking the server anew (ZHIXIN_FRESH=1).
 */
export async function freshFiles(page, url) {
    const dist = fileURLToPath(new URL('../dist/', import.meta.url));
    const login = await fetch(`${url}/login`);
    // A server built without the pages answers 404 and forbids everything.
    const policy = login.ok ? login.headers.get('content-security-policy') : CSP;
    await page.route(
        (u) => u.origin === url && !/^\/(api|widget|demo|healthz|metrics)\b/.test(u.pathname),
        (route) => {
            const { pathname } = new URL(route.request().url());
            const ext = extname(pathname);
            const path = ext ? join(dist, pathname) : join(dist, 'index.html');
            return route.fulfill({
                path,
                contentType: MIME[ext || '.html'] ?? 'application/octet-stream',
                headers: { 'Content-Security-Policy': policy },
            });
        },
    );
}
