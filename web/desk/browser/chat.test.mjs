// SPDX-License-Identifier: Apache-2.0
// The workbench as agents use it, mostly by keyboard, over the mock that speaks the desk socket.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { after, before, describe, test } from 'node:test';
import { boss } from '../test/chat-fixtures.mjs';
import { startChatMock } from '../test/chat-mock.mjs';
import { axe, clean, fits, openBrowser, openPage, shot } from './harness.mjs';

let browser;
before(async () => {
    browser = await openBrowser();
});
after(async () => {
    await browser?.close();
});
/** Cases run side by side (most of each is waiting): each has its own page and server, found here. */
const SIDE_BY_SIDE = { concurrency: 3 };
const own = new AsyncLocalStorage();
const t = {
    get page() {
        return own.getStore().page;
    },
    set page(p) {
        own.getStore().page = p;
    },
    get mock() {
        return own.getStore().mock;
    },
    set mock(m) {
        own.getStore().mock = m;
    },
};
const it = (name, use) =>
    test(name, () =>
        own.run({}, async () => {
            try {
                await use();
            } finally {
                await t.page?.context().close();
                t.mock?.stop();
            }
        }),
    );
async function open(path, { mockOptions, ...options } = {}) {
    t.mock = await startChatMock(mockOptions);
    t.page = await openPage(browser, { width: 1440, height: 900, ...options });
    await t.page.goto(t.mock.url + path);
    if (/\d/.test(path)) {
        await t.page.locator('[data-seq]').first().waitFor();
        await t.page.locator('.head h1').waitFor();
    } else await t.page.locator('.slot').first().waitFor();
}
const field = () => t.page.locator('.composer textarea');
const waitFor = async (what, fn) => {
    for (let i = 0; i < 100; i++) {
        if (await fn()) return;
        await t.page.waitForTimeout(60);
    }
    assert.fail(what);
};
const sends = () => t.mock.state.sends.map((f) => `${f.kind}:${f.text}`);
const path = () => new URL(t.page.url()).pathname;

describe('answering', SIDE_BY_SIDE, () => {
    it('opens the most urgent, takes a suggestion, sends, goes on: no mouse', async () => {
        await open('/chat');
        await t.page.keyboard.press('Alt+g');
        await t.page.waitForURL(/\/chat\/102/);
        await t.page.keyboard.press('Alt+j');
        await t.page.waitForURL(/\/chat\/101/);
        await t.page.locator('.suggest .card').first().waitFor();
        await t.page.keyboard.press('Alt+1');
        await waitFor('inserted', async () =>
            (await field().inputValue()).startsWith('运费我们承担'),
        );
        await t.page.keyboard.press('Control+Enter');
        await waitFor('sent', () => t.mock.state.sends.length === 1);
        assert.equal(t.mock.state.sends[0].suggestion, 'after.freight');
        await t.page.waitForURL(/\/chat\/102/);
        await clean(t.page, 'answering');
    });
    it('inserts a suggestion at the cursor and leaves what was written', async () => {
        await open('/chat/101');
        await field().fill('前后');
        await t.page.keyboard.press('ArrowLeft');
        await t.page.locator('.suggest .card').first().waitFor();
        await t.page.keyboard.press('Alt+2');
        await waitFor('between', async () => /^前让您等久了.*后$/.test(await field().inputValue()));
    });
    it('offers scripts after a slash, fills them, asks for what is missing', async () => {
        await open('/chat/101');
        await field().click();
        await t.page.keyboard.type('/yunfei');
        await t.page.locator('#script-list [role=option]').first().waitFor();
        await waitFor(
            'one left',
            async () => (await t.page.locator('#script-list [role=option]').count()) === 1,
        );
        await t.page.keyboard.press('Enter');
        await t.page.locator('.holes').waitFor();
        await t.page.keyboard.press('Enter');
        assert.deepEqual(sends(), []);
        await t.page.keyboard.type('今天 18:00');
        await t.page.keyboard.press('Enter');
        await waitFor('sent', () => t.mock.state.sends.length === 1);
        assert.equal(
            t.mock.state.sends[0].text,
            '运费我们承担，您不用垫付，今天 18:00前给您取件单号。',
        );
    });
    it('a hint needs a second Enter, a block needs other words', async () => {
        await open('/chat/101');
        await field().click();
        await t.page.keyboard.type('这是最便宜的');
        await t.page.locator('[data-guard=warn]').waitFor();
        await t.page.keyboard.press('Enter');
        assert.deepEqual(sends(), []);
        await t.page.waitForTimeout(700);
        await t.page.keyboard.press('Enter');
        await waitFor('sent', () => t.mock.state.sends.length === 1);
        assert.deepEqual(t.mock.state.sends[0].guard_seen, ['absolute_term']);
        await t.page.keyboard.type('加微信聊');
        await t.page.locator('[data-guard=block]').waitFor();
        await t.page.waitForTimeout(700);
        await t.page.keyboard.press('Enter');
        await t.page.keyboard.press('Enter');
        assert.equal(t.mock.state.sends.length, 1);
    });
    it('what needs approval is asked for by a note, and stays in the field', async () => {
        await open('/chat/101');
        await field().click();
        await t.page.keyboard.type('给您免单');
        await t.page.locator('[data-guard=approve]').waitFor();
        await t.page.waitForTimeout(700);
        await t.page.keyboard.press('Enter');
        await t.page.keyboard.press('Enter');
        assert.deepEqual(sends(), []);
        await t.page.getByRole('button', { name: '留言请主管来发' }).click();
        await waitFor('note', () => sends().length === 1);
        assert.equal(sends()[0], 'note:请主管看看，同意的话请代发：给您免单');
        assert.equal(await field().inputValue(), '给您免单');
    });
    it('what the server alone refuses comes back into the field', async () => {
        await open('/chat/101');
        await field().click();
        await t.page.keyboard.insertText('最便宜');
        await t.page.keyboard.press('Enter');
        await t.page.locator('[data-guard=warn]').waitFor();
        assert.equal(await field().inputValue(), '最便宜');
    });
    it('a note cannot be mistaken, and the next chat begins with a reply', async () => {
        await open('/chat/101');
        await t.page.keyboard.press('Alt+n');
        await t.page.keyboard.type('只给同事看');
        assert.equal(await t.page.locator('.composer').getAttribute('data-mode'), 'note');
        await t.page.keyboard.press('Enter');
        await waitFor('note', () => sends().includes('note:只给同事看'));
        await t.page.keyboard.press('Alt+k');
        await t.page.waitForURL(/\/chat\/102/);
        assert.equal(await t.page.locator('.composer').getAttribute('data-mode'), 'reply');
    });
    it('a picture uploads, waits for the Enter, opens over the conversation', async () => {
        await open('/chat/101');
        const png = { name: '尺码表.png', mimeType: 'image/png', buffer: Buffer.alloc(2000, 1) };
        await t.page.locator('.composer input[type=file]').setInputFiles(png);
        await t.page.locator('[data-attach=done]').waitFor();
        assert.deepEqual(sends(), []);
        await t.page.keyboard.type('见图');
        await t.page.keyboard.press('Enter');
        await waitFor('both', () => t.mock.state.sends.length === 2);
        assert.deepEqual(sends(), ['image:', 'text:见图']);
        await t.page.locator('.pic').last().click();
        await t.page.locator('dialog img').waitFor();
        assert.deepEqual(await axe(t.page), []);
        await t.page.keyboard.press('Escape');
        assert.equal(await t.page.locator('dialog').count(), 0);
        await clean(t.page, 'picture');
    });
    it('recalls within two minutes and gives the words back', async () => {
        await open('/chat/101');
        await field().click();
        await t.page.keyboard.type('发错了');
        await t.page.keyboard.press('Enter');
        const bubble = t.page.locator('.msg.out', { hasText: '发错了' });
        await bubble.waitFor();
        await bubble.hover();
        await bubble.getByRole('button', { name: /撤回/ }).click();
        await t.page.getByRole('button', { name: '重新编辑' }).click();
        await waitFor('back', async () => (await field().inputValue()) === '发错了');
    });
});

describe('network', SIDE_BY_SIDE, () => {
    it('resumes after a break: nothing lost, nothing twice, in order', async () => {
        await open('/chat/101');
        await field().click();
        t.mock.state.dropSends = 1;
        await t.page.keyboard.type('断网前发出');
        await t.page.keyboard.press('Enter');
        await waitFor('left', () => t.mock.state.sends.length === 1);
        t.mock.drop();
        for (const n of [1, 2, 3]) t.mock.say('101', `断网时来的 ${n}`);
        await t.page.locator('[data-seq="16"]').waitFor({ timeout: 10_000 });
        await t.page.locator('.msg.out', { hasText: '断网前发出' }).waitFor();
        assert.equal(t.mock.state.sends[0].client_id, t.mock.state.sends[1].client_id);
        const seqs = await t.page
            .locator('[data-seq]')
            .evaluateAll((all) => all.map((x) => Number(x.dataset.seq)));
        assert.deepEqual(
            seqs,
            [...seqs].sort((a, b) => a - b),
        );
        assert.equal(new Set(seqs).size, seqs.length);
        assert.equal(await t.page.locator('.out[data-state]').count(), 0);
    });
    it('a message sent into a dying tab goes out from the next one', async () => {
        await open('/chat/101');
        await field().click();
        t.mock.state.dropSends = 1;
        await t.page.keyboard.type('没来得及');
        await t.page.keyboard.press('Enter');
        await waitFor('left', () => t.mock.state.sends.length === 1);
        await t.page.reload();
        await t.page.locator('.msg.out', { hasText: '没来得及' }).waitFor();
        const texts = t.mock.all.get('101').msgs.filter((m) => m.text === '没来得及');
        assert.equal(texts.length, 1);
    });
    it('a draft is there after a reload', async () => {
        await open('/chat/101');
        await field().fill('写到一半');
        await t.page.reload();
        await t.page.locator('[data-seq]').first().waitFor();
        assert.equal(await field().inputValue(), '写到一半');
    });
});

describe('conversations', SIDE_BY_SIDE, () => {
    it('transfers with a note and goes to the next', async () => {
        await open('/chat/101');
        await t.page.keyboard.press('Alt+t');
        await t.page.locator('dialog .opt').first().waitFor();
        await t.page.waitForTimeout(150);
        await t.page.keyboard.press('Space');
        await t.page.locator('dialog textarea').fill('顾客要退');
        assert.deepEqual(await axe(t.page), []);
        await t.page.keyboard.press('Control+Enter');
        await t.page.waitForURL(/\/chat\/102/);
        assert.equal(t.mock.all.get('101').row.assignee.name, '小林');
    });
    it('ends with a reason, and the way back is one click', async () => {
        await open('/chat/103');
        await t.page.keyboard.press('Alt+Enter');
        await t.page.locator('dialog').waitFor();
        await t.page.keyboard.press('ArrowDown');
        await t.page.keyboard.press('Enter');
        await t.page.locator('.locked').waitFor();
        assert.equal(t.mock.all.get('103').row.close_reason, 'answered');
        await t.page.getByRole('button', { name: '撤销' }).click();
        await waitFor('open again', () => t.mock.all.get('103').row.status === 'open');
    });
    it('takes the next one from the queue', async () => {
        await open('/chat');
        await t.page.keyboard.press('Alt+a');
        await t.page.waitForURL(/\/chat\/20\d/);
        await waitFor('mine', () =>
            [...t.mock.all.values()].some((c) => c.row.id.startsWith('20') && c.row.assignee),
        );
    });
    it('tags, stage and snooze', async () => {
        await open('/chat/101');
        await t.page.keyboard.press('Alt+l');
        await t.page.locator('[popover] input:focus').waitFor();
        await t.page.keyboard.type('运费');
        await t.page.keyboard.press('Enter');
        await waitFor('tag', () => t.mock.all.get('101').row.tags.includes('运费'));
        await t.page.keyboard.press('Escape');
        await t.page.keyboard.press('Alt+z');
        await t.page.locator('[role=menuitem]:focus').waitFor();
        await t.page.keyboard.press('Enter');
        await waitFor('snoozed', () => t.mock.all.get('101').row.status === 'snoozed');
    });
    it('a supervisor takes over', async () => {
        await open('/chat/301', { mockOptions: { user: boss } });
        await t.page.getByRole('button', { name: '接管' }).click();
        await waitFor('mine', () => t.mock.all.get('301').row.assignee.name === '秀英');
        await clean(t.page, 'takeover');
    });
    it('says who else is replying and what the customer types', async () => {
        await open('/chat/101');
        t.mock.push({
            type: 'presence',
            conversation: '101',
            users: [{ id: '4', name: '小林', typing: 'reply' }],
            visitor: { online: true, typing: true, preview: '运费要是' },
        });
        await t.page.getByText('小林 正在回复').waitFor();
        await t.page.getByText('运费要是').waitFor();
    });
});

describe('finding', SIDE_BY_SIDE, () => {
    it('searches all messages and opens the hit in its place', async () => {
        await open('/chat/103');
        await t.page.keyboard.press('Alt+/');
        await t.page.locator('dialog input:focus').waitFor();
        await t.page.keyboard.type('超过');
        await t.page.locator('dialog .state').waitFor();
        await t.page.locator('dialog input').fill('(1501)');
        await t.page.locator('dialog [role=option]').first().waitFor();
        assert.equal(await t.page.locator('dialog mark').first().textContent(), '(1501)');
        await t.page.keyboard.press('Enter');
        await t.page.waitForURL(/\/chat\/104/);
        await t.page.locator('[data-seq="1501"]').waitFor();
        await waitFor('in view', () =>
            t.page.locator('[data-seq="1501"]').evaluate((x) => {
                const r = x.getBoundingClientRect();
                return r.top > 80 && r.bottom < innerHeight - 160;
            }),
        );
    });
    it('finds in one conversation, step by step', async () => {
        await open('/chat/101');
        await t.page.keyboard.press('Alt+Shift+F');
        await t.page.keyboard.type('运费');
        await t.page.getByText('1 / 3').waitFor();
        await t.page.keyboard.press('Enter');
        await t.page.getByText('2 / 3').waitFor();
        assert.ok((await t.page.locator('.bubble mark').count()) > 0);
        await t.page.keyboard.press('Escape');
        assert.equal(await t.page.locator('.bubble mark').count(), 0);
    });
});

describe('long lists', () => {
    it('older messages come in above without a jump', async () => {
        await open('/chat/104');
        const list = t.page.locator('.thread .list');
        await list.hover();
        await t.page.mouse.wheel(0, -3000);
        await t.page.waitForTimeout(300);
        for (let i = 0; i < 6; i++) {
            const before = await list.evaluate((el) => {
                const top = el.getBoundingClientRect().top;
                const x = [...el.querySelectorAll('[data-seq]')].find(
                    (m) => m.getBoundingClientRect().top > top + 40,
                );
                window.__first = Number(el.querySelector('[data-seq]').dataset.seq);
                return { seq: x.dataset.seq, y: x.getBoundingClientRect().top };
            });
            await t.page.mouse.wheel(0, -120);
            await t.page.waitForTimeout(500);
            const y = await t.page
                .locator(`[data-seq="${before.seq}"]`)
                .evaluate((x) => x.getBoundingClientRect().top);
            assert.ok(
                Math.abs(y - before.y - 120) < 3,
                `seq ${before.seq} moved by ${y - before.y}, not 120`,
            );
            await t.page.mouse.wheel(0, -600);
            await t.page.waitForTimeout(400);
        }
        assert.ok((await t.page.evaluate(() => window.__first)) < 1941, 'older pages were loaded');
    });
    it('stays small with 5,000 rows and 2,000 messages', async () => {
        await open('/chat/104', { mockOptions: { many: 5000 } });
        await t.page.getByRole('tab', { name: /全部/ }).click();
        await t.page.locator('.slot', { hasText: '顾客' }).first().waitFor();
        const nodes = await t.page.evaluate(() => document.querySelectorAll('*').length);
        assert.ok(nodes <= 1500, `${nodes} nodes`);
        await t.page.locator('.queue .list').hover();
        await t.page.mouse.wheel(0, 100_000);
        await t.page.waitForTimeout(200);
        assert.ok((await t.page.locator('.slot').count()) < 40);
    });
    it('a new message does not take the reader away from where they read', async () => {
        await open('/chat/104');
        await t.page.locator('.thread .list').hover();
        await t.page.mouse.wheel(0, -1500);
        await t.page.waitForTimeout(400);
        t.mock.say('104', '新来的');
        await t.page.getByRole('button', { name: '1 条新消息' }).click();
        await t.page.locator('[data-seq="2001"]').waitFor();
    });
});

describe('what a message means', SIDE_BY_SIDE, () => {
    const badge = () => t.page.locator('.msg', { hasText: '这也太离谱了吧' }).locator('.why');
    const focused = () => badge().evaluate((e) => e === document.activeElement);
    const openIt = async () => {
        await badge().focus();
        await t.page.keyboard.press('Enter');
        await t.page.getByRole('dialog', { name: '依据' }).getByLabel('阶段').waitFor();
    };
    it('is corrected and taken back by keyboard', async () => {
        await open('/chat/101');
        await openIt();
        const layer = t.page.getByRole('dialog', { name: '依据' });
        assert.deepEqual(await layer.locator('mark').allTextContents(), ['缩水', '太离谱']);
        await layer.getByText('rules-1').waitFor();
        await t.page.keyboard.press('Escape');
        await layer.waitFor({ state: 'hidden' });
        assert.ok(await focused(), 'the focus is back after Esc');

        await openIt();
        await t.page.keyboard.press('Tab');
        assert.ok(
            await layer.getByLabel('情绪').evaluate((e) => e === document.activeElement),
            'the first Tab leads to the first select',
        );
        await layer.getByLabel('情绪').selectOption({ label: '愤怒' });
        await layer.getByLabel('强度').selectOption('3');
        await layer.getByLabel('意图 1').selectOption({ label: '投诉' });
        await layer.getByLabel('意图 2').selectOption({ label: '投诉' });
        await layer.getByLabel('阶段').selectOption({ label: '售后' });
        await layer.getByLabel('理由').fill('说了离谱');
        await t.page.keyboard.press('Enter');
        await layer.waitFor({ state: 'hidden' });
        assert.ok(await focused(), 'the focus is back after saving');
        await waitFor('shown', async () => (await badge().textContent()).includes('愤怒'));
        const { corrected } = t.mock.all
            .get('101')
            .msgs.find((m) => m.text.includes('这也太离谱了吧'));
        assert.deepEqual(
            [corrected.emotion, corrected.intensity, corrected.intents, corrected.note],
            ['angry', 3, ['complaint'], '说了离谱'],
        );

        await openIt();
        await layer.getByText('系统原判：不满').waitFor();
        await layer.getByRole('button', { name: '撤销改判' }).click();
        await layer.waitFor({ state: 'hidden' });
        await waitFor('back', async () => (await badge().textContent()).includes('不满'));
        await clean(t.page, 'corrected');
    });
    it('a calm reading shows its chip when it is reached, and a colleague sees the change', async () => {
        await open('/chat/101');
        const understanding = {
            emotion: 'calm',
            intensity: 0,
            intents: [{ code: 'other', p: 0.5 }],
            stage: 'after',
            evidence: [],
            model: 'rules-1',
            saw_seq: 0,
        };
        const m = t.mock.say('101', '随便你们吧', { understanding });
        const chip = t.page.locator('.msg', { hasText: '随便你们吧' }).locator('.why');
        await chip.waitFor();
        const shown = () => chip.evaluate((e) => Number(getComputedStyle(e.parentElement).opacity));
        await field().focus();
        await t.page.mouse.move(5, 5);
        assert.equal(await shown(), 0);
        await chip.focus();
        assert.equal(await shown(), 1);
        t.mock.push({
            type: 'corrected',
            conversation: '101',
            seq: m.seq,
            corrected: {
                emotion: 'angry',
                intensity: 1,
                intents: ['complaint'],
                stage: 'after',
                by: { id: '4', name: '小林' },
                at: Date.now(),
            },
        });
        await waitFor('changed', async () => (await chip.textContent()).includes('愤怒'));
        await field().focus();
        assert.equal(await shown(), 1);
    });
});

describe('looks', SIDE_BY_SIDE, () => {
    const states = {
        talk: ['/chat/101'],
        empty: ['/chat'],
        closed: ['/chat/401'],
        queued: ['/chat/200'],
        note: ['/chat/101', (p) => p.keyboard.press('Alt+n')],
        clock: ['/chat/101', (p) => p.getByRole('tab', { name: '时效' }).click()],
        history: ['/chat/101', (p) => p.getByRole('tab', { name: /历史/ }).click()],
        menu: ['/chat/101', (p) => p.getByRole('button', { name: '更多操作' }).click()],
        why: [
            '/chat/101',
            async (p) => {
                await p.locator('.head .why').click();
                await p.getByRole('button', { name: '保存改判' }).waitFor();
            },
        ],
        corrected: [
            '/chat/101',
            async (p) => {
                await p.locator('.head .why').click();
                await p.getByRole('button', { name: '保存改判' }).click();
                await p.locator('.head .why.fixed').click();
                await p.getByRole('button', { name: '撤销改判' }).waitFor();
            },
        ],
        search: ['/chat/101', (p) => p.keyboard.press('Alt+/')],
        summary: ['/chat/101', (p) => p.getByRole('button', { name: '交接摘要' }).click()],
        transfer: [
            '/chat/101',
            (p) => p.getByRole('button', { name: '转接', exact: true }).click(),
        ],
        ending: ['/chat/101', (p) => p.keyboard.press('Alt+Enter')],
        unknown: ['/chat/999x'],
    };
    for (const theme of ['light', 'dark']) {
        for (const [name, [where, act]] of Object.entries(states)) {
            it(`${name}, ${theme}`, async () => {
                t.mock = await startChatMock();
                t.page = await openPage(browser, { width: 1280, height: 720, theme });
                await t.page.emulateMedia({ reducedMotion: 'reduce', colorScheme: theme });
                await t.page.goto(t.mock.url + where);
                await t.page.locator('.slot').first().waitFor();
                await t.page.waitForTimeout(700);
                await act?.(t.page);
                await t.page.waitForTimeout(300);
                await shot(t.page, `chat-${name}-${theme}`);
                assert.deepEqual(await axe(t.page), []);
                await fits(t.page, name);
                await clean(t.page, name);
            });
        }
    }
    for (const width of [1100, 390]) {
        it(`${width} px wide`, async () => {
            await open('/chat/101', { width, height: 760 });
            await t.page.waitForTimeout(500);
            await t.page.getByRole('button', { name: '展开顾客栏' }).click();
            await t.page.locator('.side').waitFor();
            await t.page.waitForTimeout(300);
            await shot(t.page, `chat-${width}`);
            assert.deepEqual(await axe(t.page), []);
            await fits(t.page, `${width}`);
            await t.page.keyboard.press('Escape');
            if (width < 1024) {
                await t.page.getByRole('button', { name: '返回' }).click();
                await t.page.locator('.slot').first().waitFor();
                assert.equal(path(), '/chat');
            }
        });
    }
});
