// SPDX-License-Identifier: Apache-2.0
// The same pages against the real server with its demo shop. Skipped while build/zhixin is not there.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
    axe,
    clean,
    fits,
    freshFiles,
    openBrowser,
    openPage,
    realServer,
    shot,
    startReal,
} from './harness.mjs';

const PAGES = [
    '/overview',
    ...[
        'users',
        'channels',
        'hours',
        'sla',
        'scripts',
        'guard',
        'corrections',
        'apikeys',
        'webhooks',
        'audit',
        'retention',
        'account',
    ].map((p) => `/admin/${p}`),
];
const bin = realServer();

describe('real server', { skip: bin ? false : 'build/zhixin is not built' }, () => {
    let browser;
    let server;
    let page;
    before(async () => {
        server = await startReal(bin);
        browser = await openBrowser();
        page = await openPage(browser);
        if (process.env.ZHIXIN_FRESH) await freshFiles(page, server.url);
        await page.goto(`${server.url}/login`);
        await page.locator('input[name=username]').fill('laoban');
        await page.locator('input[name=password]').fill('zhixin-demo');
        await page.keyboard.press('Enter');
        await page.waitForURL(/\/chat/);
    });
    after(async () => {
        await browser?.close();
        await server?.stop();
    });
    for (const path of PAGES) {
        it(path, async () => {
            await page.goto(server.url + path);
            await page.getByRole('heading', { level: 1 }).waitFor();
            await page.waitForLoadState('networkidle');
            await shot(page, `real${path.replaceAll('/', '-')}`);
            const errors = await page.locator('.state.bad').allTextContents();
            assert.deepEqual(errors, [], `${path} shows an error`);
            assert.deepEqual(await axe(page), [], `${path}: axe`);
            await fits(page, path);
            await clean(page, path);
        });
    }
});
