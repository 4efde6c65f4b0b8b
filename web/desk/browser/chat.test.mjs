// SPDX-License-Identifier: Apache-2.0
// The workbench as agents use it, mostly by keyboard, over the mock that speaks the desk socket.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { boss } from '../test/chat-fixtures.mjs';
import { startChatMock } from '../test/chat-mock.mjs';
import { axe, clean, fits, openBrowser, openPage, shot } from './harness.mjs';

let browser;
let mock;
let page;
before(async () => {
    browser = await openBrowser();
});
after(async () => {
    await browser?.close();
});
afterEach(async () => {
    await page?.context().close();
    mock?.stop();
    page = mock = null;
});
async function open(path, { mockOptions, ...options } = {}) {
    mock = await startChatMock(mockOptions);
    page = await openPage(browser, { width: 1440, height: 900, ...options });
    await page.goto(mock.url + path);
    if (/\d/.test(path)) {
        await page.locator('[data-seq]').first().waitFor();
        await page.locator('.head h1').waitFor();
    } else await page.locator('.slot').first().waitFor();
}
const field = () => page.locator('.composer textarea');
const waitFor = async (what, fn) => {
    for (let i = 0; i < 60; i++) {
        if (await fn()) return;
        await page.waitForTimeout(100);
    }
    assert.fail(what);
};
const sends = () => mock.state.sends.map((f) => `${f.kind}:${f.text}`);
const path = () => new URL(page.url()).pathname;

describe('answering', () => {
    it('opens the most urgent, takes a suggestion, sends, goes on: no mouse', async () => {
        await open('/chat');
        await page.keyboard.press('Alt+g');
        await page.waitForURL(/\/chat\/102/);
        await page.keyboard.press('Alt+j');
        await page.waitForURL(/\/chat\/101/);
        await page.locator('.suggest .card').first().waitFor();
        await page.keyboard.press('Alt+1');
        await waitFor('inserted', async () =>
            (await field().inputValue()).startsWith('运费我们承担'),
        );
        await page.keyboard.press('Control+Enter');
        await waitFor('sent', () => mock.state.sends.length === 1);
        assert.equal(mock.state.sends[0].suggestion, 'after.freight');
        await page.waitForURL(/\/chat\/102/);
        await clean(page, 'answering');
    });
    it('inserts a suggestion at the cursor and leaves what was written', async () => {
        await open('/chat/101');
        await field().fill('前后');
        await page.keyboard.press('ArrowLeft');
        await page.locator('.suggest .card').first().waitFor();
        await page.keyboard.press('Alt+2');
        await waitFor('between', async () => /^前让您等久了.*后$/.test(await field().inputValue()));
    });
    it('offers scripts after a slash, fills them, asks for what is missing', async () => {
        await open('/chat/101');
        await field().click();
        await page.keyboard.type('/yunfei');
        await page.locator('#script-list [role=option]').first().waitFor();
        await waitFor(
            'one left',
            async () => (await page.locator('#script-list [role=option]').count()) === 1,
        );
        await page.keyboard.press('Enter');
        await page.locator('.holes').waitFor();
        await page.keyboard.press('Enter');
        assert.deepEqual(sends(), []);
        await page.keyboard.type('今天 18:00');
        await page.keyboard.press('Enter');
        await waitFor('sent', () => mock.state.sends.length === 1);
        assert.equal(
            mock.state.sends[0].text,
            '运费我们承担，您不用垫付，今天 18:00前给您取件单号。',
        );
    });
    it('a hint needs a second Enter, a block needs other words', async () => {
        await open('/chat/101');
        await field().click();
        await page.keyboard.type('这是最便宜的');
        await page.locator('[data-guard=warn]').waitFor();
        await page.keyboard.press('Enter');
        assert.deepEqual(sends(), []);
        await page.waitForTimeout(700);
        await page.keyboard.press('Enter');
        await waitFor('sent', () => mock.state.sends.length === 1);
        assert.deepEqual(mock.state.sends[0].guard_seen, ['absolute_term']);
        await page.keyboard.type('加微信聊');
        await page.locator('[data-guard=block]').waitFor();
        await page.waitForTimeout(700);
        await page.keyboard.press('Enter');
        await page.keyboard.press('Enter');
        assert.equal(mock.state.sends.length, 1);
    });
    it('what the server alone refuses comes back into the field', async () => {
        await open('/chat/101');
        await field().click();
        await page.keyboard.insertText('最便宜');
        await page.keyboard.press('Enter');
        await page.locator('[data-guard=warn]').waitFor();
        assert.equal(await field().inputValue(), '最便宜');
    });
    it('a note cannot be mistaken, and the next chat begins with a reply', async () => {
        await open('/chat/101');
        await page.keyboard.press('Alt+n');
        await page.keyboard.type('只给同事看');
        assert.equal(await page.locator('.composer').getAttribute('data-mode'), 'note');
        await page.keyboard.press('Enter');
        await waitFor('note', () => sends().includes('note:只给同事看'));
        await page.keyboard.press('Alt+k');
        await page.waitForURL(/\/chat\/102/);
        assert.equal(await page.locator('.composer').getAttribute('data-mode'), 'reply');
    });
    it('a picture uploads, waits for the Enter, opens over the conversation', async () => {
        await open('/chat/101');
        const png = { name: '尺码表.png', mimeType: 'image/png', buffer: Buffer.alloc(2000, 1) };
        await page.locator('.composer input[type=file]').setInputFiles(png);
        await page.locator('[data-attach=done]').waitFor();
        assert.deepEqual(sends(), []);
        await page.keyboard.type('见图');
        await page.keyboard.press('Enter');
        await waitFor('both', () => mock.state.sends.length === 2);
        assert.deepEqual(sends(), ['image:', 'text:见图']);
        await page.locator('.pic').last().click();
        await page.locator('dialog img').waitFor();
        assert.deepEqual(await axe(page), []);
        await page.keyboard.press('Escape');
        assert.equal(await page.locator('dialog').count(), 0);
        await clean(page, 'picture');
    });
    it('recalls within two minutes and gives the words back', async () => {
        await open('/chat/101');
        await field().click();
        await page.keyboard.type('发错了');
        await page.keyboard.press('Enter');
        const bubble = page.locator('.msg.out', { hasText: '发错了' });
        await bubble.waitFor();
        await bubble.hover();
        await bubble.getByRole('button', { name: /撤回/ }).click();
        await page.getByRole('button', { name: '重新编辑' }).click();
        await waitFor('back', async () => (await field().inputValue()) === '发错了');
    });
});

describe('network', () => {
    it('resumes after a break: nothing lost, nothing twice, in order', async () => {
        await open('/chat/101');
        await field().click();
        mock.state.dropSends = 1;
        await page.keyboard.type('断网前发出');
        await page.keyboard.press('Enter');
        await waitFor('left', () => mock.state.sends.length === 1);
        mock.drop();
        for (const n of [1, 2, 3]) mock.say('101', `断网时来的 ${n}`);
        await page.locator('[data-seq="16"]').waitFor({ timeout: 10_000 });
        await page.locator('.msg.out', { hasText: '断网前发出' }).waitFor();
        assert.equal(mock.state.sends[0].client_id, mock.state.sends[1].client_id);
        const seqs = await page
            .locator('[data-seq]')
            .evaluateAll((all) => all.map((x) => Number(x.dataset.seq)));
        assert.deepEqual(
            seqs,
            [...seqs].sort((a, b) => a - b),
        );
        assert.equal(new Set(seqs).size, seqs.length);
        assert.equal(await page.locator('.out[data-state]').count(), 0);
    });
    it('a message sent into a dying tab goes out from the next one', async () => {
        await open('/chat/101');
        await field().click();
        mock.state.dropSends = 1;
        await page.keyboard.type('没来得及');
        await page.keyboard.press('Enter');
        await waitFor('left', () => mock.state.sends.length === 1);
        await page.reload();
        await page.locator('.msg.out', { hasText: '没来得及' }).waitFor();
        const texts = mock.all.get('101').msgs.filter((m) => m.text === '没来得及');
        assert.equal(texts.length, 1);
    });
    it('a draft is there after a reload', async () => {
        await open('/chat/101');
        await field().fill('写到一半');
        await page.reload();
        await page.locator('[data-seq]').first().waitFor();
        assert.equal(await field().inputValue(), '写到一半');
    });
});

describe('conversations', () => {
    it('transfers with a note and goes to the next', async () => {
        await open('/chat/101');
        await page.keyboard.press('Alt+t');
        await page.locator('dialog .opt').first().waitFor();
        await page.waitForTimeout(150);
        await page.keyboard.press('Space');
        await page.locator('dialog textarea').fill('顾客要退');
        assert.deepEqual(await axe(page), []);
        await page.keyboard.press('Control+Enter');
        await page.waitForURL(/\/chat\/102/);
        assert.equal(mock.all.get('101').row.assignee.name, '小林');
    });
    it('ends with a reason, and the way back is one click', async () => {
        await open('/chat/103');
        await page.keyboard.press('Alt+Enter');
        await page.locator('dialog').waitFor();
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Enter');
        await page.locator('.locked').waitFor();
        assert.equal(mock.all.get('103').row.close_reason, 'answered');
        await page.getByRole('button', { name: '撤销' }).click();
        await waitFor('open again', () => mock.all.get('103').row.status === 'open');
    });
    it('takes the next one from the queue', async () => {
        await open('/chat');
        await page.keyboard.press('Alt+a');
        await page.waitForURL(/\/chat\/20\d/);
        await waitFor('mine', () =>
            [...mock.all.values()].some((c) => c.row.id.startsWith('20') && c.row.assignee),
        );
    });
    it('tags, stage and snooze', async () => {
        await open('/chat/101');
        await page.keyboard.press('Alt+l');
        await page.locator('[popover] input:focus').waitFor();
        await page.keyboard.type('运费');
        await page.keyboard.press('Enter');
        await waitFor('tag', () => mock.all.get('101').row.tags.includes('运费'));
        await page.keyboard.press('Escape');
        await page.keyboard.press('Alt+z');
        await page.locator('[role=menuitem]:focus').waitFor();
        await page.keyboard.press('Enter');
        await waitFor('snoozed', () => mock.all.get('101').row.status === 'snoozed');
    });
    it('a supervisor takes over', async () => {
        await open('/chat/301', { mockOptions: { user: boss } });
        await page.getByRole('button', { name: '接管' }).click();
        await waitFor('mine', () => mock.all.get('301').row.assignee.name === '秀英');
        await clean(page, 'takeover');
    });
    it('says who else is replying and what the customer types', async () => {
        await open('/chat/101');
        mock.push({
            type: 'presence',
            conversation: '101',
            users: [{ id: '4', name: '小林', typing: 'reply' }],
            visitor: { online: true, typing: true, preview: '运费要是' },
        });
        await page.getByText('小林 正在回复').waitFor();
        await page.getByText('运费要是').waitFor();
    });
});

describe('finding', () => {
    it('searches all messages and opens the hit in its place', async () => {
        await open('/chat/103');
        await page.keyboard.press('Alt+/');
        await page.locator('dialog input:focus').waitFor();
        await page.keyboard.type('超过');
        await page.locator('dialog .state').waitFor();
        await page.locator('dialog input').fill('(1501)');
        await page.locator('dialog [role=option]').first().waitFor();
        assert.equal(await page.locator('dialog mark').first().textContent(), '(1501)');
        await page.keyboard.press('Enter');
        await page.waitForURL(/\/chat\/104/);
        await page.locator('[data-seq="1501"]').waitFor();
        await waitFor('in view', () =>
            page.locator('[data-seq="1501"]').evaluate((x) => {
                const r = x.getBoundingClientRect();
                return r.top > 80 && r.bottom < innerHeight - 160;
            }),
        );
    });
    it('finds in one conversation, step by step', async () => {
        await open('/chat/101');
        await page.keyboard.press('Alt+Shift+F');
        await page.keyboard.type('运费');
        await page.getByText('1 / 3').waitFor();
        await page.keyboard.press('Enter');
        await page.getByText('2 / 3').waitFor();
        assert.ok((await page.locator('.bubble mark').count()) > 0);
        await page.keyboard.press('Escape');
        assert.equal(await page.locator('.bubble mark').count(), 0);
    });
});

describe('long lists', () => {
    it('older messages come in above without a jump', async () => {
        await open('/chat/104');
        const list = page.locator('.thread .list');
        await list.hover();
        await page.mouse.wheel(0, -3000);
        await page.waitForTimeout(300);
        for (let i = 0; i < 6; i++) {
            const before = await list.evaluate((el) => {
                const top = el.getBoundingClientRect().top;
                const x = [...el.querySelectorAll('[data-seq]')].find(
                    (m) => m.getBoundingClientRect().top > top + 40,
                );
                window.__first = Number(el.querySelector('[data-seq]').dataset.seq);
                return { seq: x.dataset.seq, y: x.getBoundingClientRect().top };
            });
            await page.mouse.wheel(0, -120);
            await page.waitForTimeout(500);
            const y = await page
                .locator(`[data-seq="${before.seq}"]`)
                .evaluate((x) => x.getBoundingClientRect().top);
            assert.ok(
                Math.abs(y - before.y - 120) < 3,
                `seq ${before.seq} moved by ${y - before.y}, not 120`,
            );
            await page.mouse.wheel(0, -600);
            await page.waitForTimeout(400);
        }
        assert.ok((await page.evaluate(() => window.__first)) < 1941, 'older pages were loaded');
    });
    it('stays small with 5,000 rows and 2,000 messages', async () => {
        await open('/chat/104', { mockOptions: { many: 5000 } });
        await page.getByRole('tab', { name: /全部/ }).click();
        await page.locator('.slot', { hasText: '顾客' }).first().waitFor();
        const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
        assert.ok(nodes <= 1500, `${nodes} nodes`);
        await page.locator('.queue .list').hover();
        await page.mouse.wheel(0, 100_000);
        await page.waitForTimeout(200);
        assert.ok((await page.locator('.slot').count()) < 40);
    });
    it('a new message does not take the reader away from where they read', async () => {
        await open('/chat/104');
        await page.locator('.thread .list').hover();
        await page.mouse.wheel(0, -1500);
        await page.waitForTimeout(400);
        mock.say('104', '新来的');
        await page.getByRole('button', { name: '1 条新消息' }).click();
        await page.locator('[data-seq="2001"]').waitFor();
    });
});

describe('looks', () => {
    const states = {
        talk: ['/chat/101'],
        empty: ['/chat'],
        closed: ['/chat/401'],
        queued: ['/chat/200'],
        note: ['/chat/101', (p) => p.keyboard.press('Alt+n')],
        clock: ['/chat/101', (p) => p.getByRole('tab', { name: '时效' }).click()],
        history: ['/chat/101', (p) => p.getByRole('tab', { name: /历史/ }).click()],
        menu: ['/chat/101', (p) => p.getByRole('button', { name: '更多操作' }).click()],
        why: ['/chat/101', (p) => p.locator('.head .why').click()],
        search: ['/chat/101', (p) => p.keyboard.press('Alt+/')],
        ending: ['/chat/101', (p) => p.keyboard.press('Alt+Enter')],
        unknown: ['/chat/999x'],
    };
    for (const theme of ['light', 'dark']) {
        for (const [name, [where, act]] of Object.entries(states)) {
            it(`${name}, ${theme}`, async () => {
                mock = await startChatMock();
                page = await openPage(browser, { width: 1280, height: 720, theme });
                await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: theme });
                await page.goto(mock.url + where);
                await page.locator('.slot').first().waitFor();
                await page.waitForTimeout(700);
                await act?.(page);
                await page.waitForTimeout(300);
                await shot(page, `chat-${name}-${theme}`);
                assert.deepEqual(await axe(page), []);
                await fits(page, name);
                await clean(page, name);
            });
        }
    }
    for (const width of [1100, 390]) {
        it(`${width} px wide`, async () => {
            await open('/chat/101', { width, height: 760 });
            await page.waitForTimeout(500);
            await page.getByRole('button', { name: '展开顾客栏' }).click();
            await page.locator('.side').waitFor();
            await page.waitForTimeout(300);
            await shot(page, `chat-${width}`);
            assert.deepEqual(await axe(page), []);
            await fits(page, `${width}`);
            await page.keyboard.press('Escape');
            if (width < 1024) {
                await page.getByRole('button', { name: '返回' }).click();
                await page.locator('.slot').first().waitFor();
                assert.equal(path(), '/chat');
            }
        });
    }
});
