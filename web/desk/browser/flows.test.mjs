// SPDX-License-Identifier: Apache-2.0
// What people do on these pages, by keyboard where it matters.
import assert from 'node:assert/strict';
import { after, before, beforeEach, it } from 'node:test';
import { users } from '../test/fixtures.mjs';
import { startMock } from '../test/mock.mjs';
import { clean, openBrowser, openPage } from './harness.mjs';

let browser;
let mock;
let page;
before(async () => {
    browser = await openBrowser();
    mock = await startMock();
});
after(async () => {
    await browser?.close();
    mock?.stop();
});
beforeEach(async () => {
    await page?.context().close();
    Object.assign(mock.state, {
        user: users[0],
        setup: { needed: false, demo: false },
        fail: {},
        hang: new Set(),
        empty: new Set(),
        status: 'online',
    });
    page = await openPage(browser);
});
const path = () => new URL(page.url()).pathname;

it('asks for a log-in and returns to the page that was asked for', async () => {
    mock.state.user = null;
    await page.goto(`${mock.url}/admin/hours`);
    await page.waitForURL(/\/login\?next=/);
    await page.keyboard.type('laoban');
    await page.keyboard.press('Tab');
    await page.keyboard.type('zhixin-demo');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${mock.url}/admin/hours`);
    await clean(page, 'log-in');
});

it('says what is wrong, waits when throttled, asks for the second factor', async () => {
    mock.state.user = null;
    await page.goto(`${mock.url}/login`);
    const user = page.locator('input[name=username]');
    const password = page.locator('input[name=password]');
    await user.fill('laoban');
    await password.fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('账号或密码不对').waitFor();
    await password.fill('totp');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '两步验证' }).waitFor();
    assert.equal(
        await page.evaluate(() => document.activeElement?.getAttribute('autocomplete')),
        'one-time-code',
    );
    await page.getByRole('button', { name: '换一个账号' }).click();
    await password.fill('slow');
    await page.keyboard.press('Enter');
    await page.getByText(/\d+s 后可以再试/).waitFor();
    assert.ok(await page.getByRole('button', { name: '登录' }).isDisabled());
});

it('goes to the log-in when the session ends, and comes back', async () => {
    await page.goto(`${mock.url}/admin/sla`);
    await page.getByRole('heading', { name: '响应时限' }).first().waitFor();
    mock.state.user = null;
    await page.keyboard.press('1');
    await page.goto(`${mock.url}/admin/sla`);
    await page.waitForURL(/\/login\?next=%2Fadmin%2Fsla|\/login\?next=\/admin\/sla/);
});

it('sets a shop up in three steps', async () => {
    Object.assign(mock.state, { user: null, setup: { needed: true, demo: false } });
    await page.goto(`${mock.url}/`);
    await page.waitForURL(/\/setup/);
    await page.getByRole('button', { name: '下一步' }).click();
    assert.ok((await page.getByRole('alert').count()) >= 3, 'empty fields are named');
    await page.getByLabel('你的名字').fill('张建国');
    await page.getByLabel('邮箱').fill('zhang@example.com');
    await page.getByRole('textbox', { name: '密码', exact: true }).fill('correct horse battery');
    await page.keyboard.press('Enter');
    await page.getByLabel('店铺名称').fill('云上小铺');
    await page.keyboard.press('Enter');
    await page.getByLabel('网站地址').fill('shop.example');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '店铺建好了' }).waitFor();
    await page.getByRole('button', { name: '进入工作台' }).click();
    await page.waitForURL(/\/chat/);
    await clean(page, 'set-up');
});

it('changes the state by keyboard, with a reason for a break', async () => {
    await page.goto(`${mock.url}/overview`);
    await page.locator('.status:enabled').focus();
    await page.keyboard.press('Enter');
    await page.locator('[role=menuitemradio]:focus').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('[role=menuitem]:focus', { hasText: '吃饭' }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.status[data-status=break]').waitFor();
    assert.equal(mock.state.status, 'break');
    assert.equal(mock.state.reason, 'meal');
});

it('moves by number keys, but not while typing', async () => {
    await page.goto(`${mock.url}/overview`);
    await page.getByRole('heading', { name: '概览' }).waitFor();
    await page.waitForTimeout(300);
    await page.keyboard.press('3');
    await page.waitForURL(/\/admin\/scripts/);
    await page.getByRole('searchbox').fill('1');
    await page.getByRole('searchbox').press('2');
    assert.equal(path(), '/admin/scripts');
});

it('runs a command from the palette and gives the focus back', async () => {
    await page.goto(`${mock.url}/overview`);
    await page.getByRole('heading', { name: '概览' }).waitFor();
    await page.waitForTimeout(300);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('浅色');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
});

it('keeps unsaved hours from being lost, and shows faults', async () => {
    await page.goto(`${mock.url}/admin/hours`);
    const first = page.locator('.time').nth(2);
    await first.fill('1130');
    await first.blur();
    assert.equal(await first.inputValue(), '11:30');
    await page.getByText('和另一段重叠').first().waitFor();
    assert.ok(await page.getByRole('button', { name: '保存' }).isDisabled());
    await page.getByRole('link', { name: '成员' }).click();
    await page.getByRole('heading', { name: '还没有保存' }).waitFor();
    await page.getByRole('button', { name: '留在这页' }).click();
    assert.equal(path(), '/admin/hours');
    await page.getByRole('button', { name: '放弃修改' }).click();
    assert.equal(await page.locator('.time').nth(2).inputValue(), '13:00');
});

it('turns the second factor on and shows the recovery codes once', async () => {
    mock.state.user = { ...users[0], totp: false };
    await page.goto(`${mock.url}/admin/account`);
    await page.getByRole('button', { name: '开启两步验证' }).click();
    await page.getByText('JBSW Y3DP').waitFor();
    await page.getByLabel('验证器上的 6 位数字').fill('000000');
    await page.keyboard.press('Enter');
    await page.getByText('验证码不对').first().waitFor();
    await page.getByLabel('验证器上的 6 位数字').fill('123456');
    await page.keyboard.press('Enter');
    await page.getByText(/k7m2-9x40/).waitFor();
    await page.getByRole('button', { name: '我已存好' }).click();
    assert.equal(await page.getByText(/k7m2-9x40/).count(), 0);
    await clean(page, 'second factor');
});

it('takes a deleted script back', async () => {
    await page.goto(`${mock.url}/admin/scripts`);
    await page.getByRole('button', { name: '删除“首次问候”' }).click();
    assert.equal(await page.getByText('首次问候', { exact: true }).count(), 0);
    await page.getByRole('button', { name: '撤销' }).click();
    await page.getByText('首次问候', { exact: true }).waitFor();
});

it('speaks the language that was chosen, also after a reload', async () => {
    await page.goto(`${mock.url}/admin/account`);
    await page.getByLabel('语言').selectOption('en');
    await page.getByRole('heading', { name: 'My account' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'My account' }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
});

it('says when the connection is away, after a moment, and when it is back', async () => {
    await page.goto(`${mock.url}/overview`);
    await page.locator('.status:enabled').waitFor();
    mock.state.user = { ...users[0] };
    const keep = mock.state.user;
    mock.state.user = null;
    mock.drop();
    await page.getByText('网络断开，正在重连').waitFor({ timeout: 6000 });
    mock.state.user = keep;
    await page.getByRole('button', { name: '立即重连' }).click();
    await page.getByText('已恢复连接').waitFor({ timeout: 8000 });
});
