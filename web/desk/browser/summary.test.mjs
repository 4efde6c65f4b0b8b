// SPDX-License-Identifier: Apache-2.0
// 「交接摘要」 in the workbench: when it is there, what it links to, how it fails, and how it is read aloud.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startChatMock } from '../test/chat-mock.mjs';
import { axe, clean, fits, openBrowser, openPage } from './harness.mjs';

let browser;
before(async () => {
    browser = await openBrowser();
});
after(async () => {
    await browser?.close();
});
async function at(where, use, options = {}) {
    const mock = await startChatMock();
    const page = await openPage(browser, { width: 1440, height: 900, ...options });
    try {
        await page.goto(mock.url + where);
        await page.locator('[data-seq]').first().waitFor();
        await use(page, mock);
        await clean(page, where);
    } finally {
        await page.context().close();
        mock.stop();
    }
}
const asked = (mock) => mock.state.requests.filter((r) => JSON.stringify(r).includes('/summary'));
const title = (page) => page.getByRole('button', { name: /交接摘要|Handover summary/ });

describe('hand-over summary', () => {
    it('of a long talk waits closed, opens with five lines, links to the messages', () =>
        at('/chat/101', async (page, mock) => {
            await title(page).waitFor();
            assert.equal(asked(mock).length, 0);
            await title(page).focus();
            await page.keyboard.press('Enter');
            await page.locator('.summary dd').nth(4).waitFor();
            assert.equal(await page.locator('.summary dd').count(), 5);
            // The end of the talk is on the screen; the link goes up to where it began.
            const first = page.getByRole('button', { name: '看第 3 条消息' }).first();
            await first.click();
            await page.locator('[data-seq="3"]').waitFor();
            const seen = await page.locator('[data-seq="3"]').evaluate((x) => {
                const r = x.getBoundingClientRect();
                return r.top >= 0 && r.bottom <= innerHeight;
            });
            assert.ok(seen, 'message 3 is in view');
            // Read without eyes: a sentence and a table, and no picture in between.
            const rows = await page
                .getByRole('table', { name: '每条消息的情绪' })
                .getByRole('row')
                .count();
            assert.ok(rows >= 3, `${rows} rows`);
            assert.match(
                await page.locator('.summary figcaption').textContent(),
                /起初.+最低.+现在/,
            );
        }));
    it('is not there for a short talk, and opens when the talk is handed over', () =>
        at('/chat/103', async (page, mock) => {
            const c = mock.all.get('103');
            assert.ok(c.row.last_seq <= 8);
            await page.locator('.pane [role=tablist]').waitFor();
            assert.equal(await title(page).count(), 0);
            mock.add('103', {
                role: 'system',
                text: 'conversation.transferred',
                sender: { id: '3', name: '小雨' },
            });
            await page.locator('.summary dl, .summary .state').first().waitFor();
        }));
    it('says what failed and asks again', () =>
        at('/chat/101', async (page, mock) => {
            mock.state.noSummary = true;
            await title(page).click();
            const alert = page.locator('.summary [role=alert]');
            await alert.waitFor();
            assert.deepEqual(await axe(page), []);
            mock.state.noSummary = false;
            await alert.getByRole('button').click();
            await page.locator('.summary dl').waitFor();
        }));
    it('is a preview in the transfer dialog, without links', () =>
        at('/chat/101', async (page) => {
            await page.getByRole('button', { name: '转接', exact: true }).click();
            const box = page.getByRole('dialog');
            await box.locator('.opt').first().waitFor();
            await box.locator('dl').waitFor();
            assert.equal(await box.locator('dd').count(), 5);
            assert.equal(await box.locator('.go').count(), 0);
            // The colleagues to choose from stay in sight above it.
            const list = await box.locator('.who').boundingBox();
            assert.ok(list.height > 100, `${list.height} px of colleagues`);
            await fits(page, 'transfer');
        }));
    it('in the drawer a link closes the drawer; in English too', () =>
        at(
            '/chat/101',
            async (page) => {
                await page.getByRole('button', { name: 'Show the customer pane' }).click();
                await title(page).click();
                await page.getByRole('button', { name: 'Show message 3' }).first().click();
                await page.locator('aside.side').waitFor({ state: 'detached' });
                await page.locator('[data-seq="3"]').waitFor();
                await fits(page, 'narrow');
            },
            { width: 1100, locale: 'en-GB' },
        ));
});
