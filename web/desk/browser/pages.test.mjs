// SPDX-License-Identifier: Apache-2.0
// Every page outside the workbench's panes, in its states: axe, policy, errors, width; light and dark.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { users } from '../test/fixtures.mjs';
import { startMock } from '../test/mock.mjs';
import { axe, clean, fits, openBrowser, openPage, shot } from './harness.mjs';

const ADMIN = [
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
];
const OPEN = { user: null };
const button = (page, name) => page.getByRole('button', { name }).first();
const PAGES = [
    { name: 'login', path: '/login', state: { ...OPEN, setup: { needed: false, demo: true } } },
    { name: 'setup', path: '/setup', state: { ...OPEN, setup: { needed: true, demo: false } } },
    { name: 'invite', path: '/invite/abc', state: OPEN },
    { name: 'reset', path: '/reset/abc', state: OPEN },
    { name: 'missing', path: '/nowhere' },
    { name: 'overview', path: '/overview' },
    ...ADMIN.map((p) => ({ name: p, path: `/admin/${p}` })),
    { name: 'kit', path: '/dev/kit' },
    {
        name: 'denied',
        path: '/admin/apikeys',
        state: { user: users.find((u) => u.role === 'agent') },
    },
    { name: 'error', path: '/admin/users', state: { fail: { '/api/users': 503 } } },
    { name: 'loading', path: '/admin/users', state: { hang: new Set(['/api/users']) } },
    { name: 'empty', path: '/admin/scripts', state: { empty: new Set(['/api/scripts']) } },
    {
        name: 'corrections-loading',
        path: '/admin/corrections',
        state: { hang: new Set(['/api/corrections']) },
    },
    {
        name: 'corrections-empty',
        path: '/admin/corrections',
        state: { empty: new Set(['/api/corrections']) },
        act: (p) => p.getByText('还没有改判').waitFor(),
    },
    {
        name: 'corrections-error',
        path: '/admin/corrections',
        state: { fail: { '/api/corrections': 503 } },
        act: (p) => button(p, '重试').waitFor(),
    },
    {
        name: 'corrections-more',
        path: '/admin/corrections',
        act: async (p) => {
            const file = p.getByRole('link', { name: '导出训练数据' });
            assert.match(await file.getAttribute('href'), /corrections\/export\?since=\d+$/);
            await button(p, '加载更多').click();
            await p.locator('tbody tr', { hasText: '追问第三次' }).nth(1).waitFor();
        },
    },
    { name: 'down', path: '/login', state: { ...OPEN, fail: { '/api/me': 502 } } },
    { name: 'user-dialog', path: '/admin/users', act: (p) => button(p, '修改').click() },
    { name: 'invite-dialog', path: '/admin/users', act: (p) => button(p, '邀请成员').click() },
    { name: 'user-menu', path: '/admin/users', act: (p) => button(p, /更多操作/).click() },
    { name: 'channel-dialog', path: '/admin/channels', act: (p) => button(p, '新建渠道').click() },
    { name: 'script-dialog', path: '/admin/scripts', act: (p) => button(p, '新建话术').click() },
    { name: 'guard-open', path: '/admin/guard', act: (p) => p.getByText('绝对化用语').click() },
    {
        name: 'guard-tried',
        path: '/admin/guard',
        act: async (p) => {
            await p.getByLabel('试一句话').fill('这是最便宜的了');
            await p.locator('mark', { hasText: '最便宜' }).waitFor();
        },
    },
    {
        name: 'guard-effect',
        path: '/admin/guard',
        act: async (p) => {
            await button(p, '看一遍').click();
            await p.getByText('3180 条客服消息里').waitFor();
            await button(p, /绝对化用语 .*61|绝对化用语61/).click();
            await p.locator('mark', { hasText: '最便宜' }).waitFor();
        },
    },
    {
        name: 'guard-effect-running',
        path: '/admin/guard',
        state: { hang: new Set(['/api/guard/effect']) },
        act: async (p) => {
            await button(p, '看一遍').click();
            await p.getByText('正在读过去 7 天的消息').waitFor();
        },
    },
    {
        name: 'guard-effect-error',
        path: '/admin/guard',
        state: { fail: { '/api/guard/effect': 503 } },
        act: async (p) => {
            await button(p, '看一遍').click();
            await p.getByRole('alert').waitFor();
        },
    },
    {
        name: 'guard-effect-empty',
        path: '/admin/guard',
        state: { empty: new Set(['/api/guard/effect']) },
        act: async (p) => {
            await button(p, '看一遍').click();
            await p.getByText('过去 7 天没有客服消息').waitFor();
        },
    },
    { name: 'key-dialog', path: '/admin/apikeys', act: (p) => button(p, '新建密钥').click() },
    { name: 'hook-dialog', path: '/admin/webhooks', act: (p) => button(p, '修改').click() },
    { name: 'deliveries', path: '/admin/webhooks', act: (p) => button(p, '推送记录').click() },
    { name: 'status-menu', path: '/overview', act: (p) => p.locator('.status:enabled').click() },
    { name: 'me-menu', path: '/overview', act: (p) => button(p, '我的账号与外观').click() },
    { name: 'alert-menu', path: '/overview', act: (p) => button(p, /^提醒/).click() },
    { name: 'palette', path: '/overview', act: (p) => p.keyboard.press('Control+k') },
    { name: 'keys', path: '/overview', act: (p) => p.keyboard.press('Shift+Slash') },
];

let browser;
before(async () => {
    browser = await openBrowser();
});
after(() => browser?.close());

/** Cases run side by side (most of each is waiting), so that each has a server of its own. */
const SIDE_BY_SIDE = { concurrency: 4 };
async function visit(path, state, options, use) {
    const mock = await startMock(0, {
        user: users[0],
        setup: { needed: false, demo: false },
        fail: {},
        hang: new Set(),
        empty: new Set(),
        ...state,
    });
    const page = await openPage(browser, options);
    try {
        await page.goto(mock.url + path);
        await page.locator('main').first().waitFor();
        await page.waitForTimeout(300);
        await use(page);
    } finally {
        await page.context().close();
        mock.stop();
    }
}

for (const theme of ['light', 'dark']) {
    describe(theme, SIDE_BY_SIDE, () => {
        for (const { name, path, state, act } of PAGES) {
            it(name, () =>
                visit(path, state, { theme }, async (page) => {
                    if (act) {
                        await act(page);
                        await page.waitForTimeout(250);
                    }
                    await shot(page, `${name}-${theme}`);
                    const found = await axe(page);
                    assert.deepEqual(found, [], `${name} ${theme}: axe`);
                    await fits(page, name);
                    await clean(page, name);
                }),
            );
        }
    });
}

describe('narrow', SIDE_BY_SIDE, () => {
    for (const { name, path, state } of PAGES.filter((p) => !p.act && p.name !== 'kit')) {
        it(`${name} reflows at 320 px`, () =>
            visit(path, state, { width: 320, height: 640 }, async (page) => {
                await shot(page, `${name}-320`);
                await fits(page, name);
            }));
    }
});
