// SPDX-License-Identifier: Apache-2.0
// A talk between a visitor and an agent, with everything that can go wrong on the way.
import assert from "node:assert/strict";
import { Agent, frameOf, openPanel, panelOf, shop, sleep, until, visitor, write } from "./lib.mjs";

/** A visitor on the demo page with an open panel, and an agent who is there. */
async function pair(t, options, path = "/demo") {
    const agent = await Agent.login(t.server.url, "xiaoyu");
    await agent.online();
    t.later(async () => {
        await agent.closeAll();
        await agent.status("offline");
        agent.leave();
    });
    const v = await visitor(t.b, t.proxy.url + path, options);
    t.later(() => v.context.close());
    const panel = await openPanel(v.page);
    return { agent, v, panel };
}
const out = (panel, text) => panel.locator(".m.out .b", { hasText: text });
const clean = (v) => assert.deepEqual(v.faults, []);

export default {
    async "keyboard: the launcher opens, focus goes in, Escape closes, focus comes back"(t) {
        const v = await visitor(t.b, `${t.proxy.url}/demo`);
        t.later(() => v.context.close());
        await v.launcher.waitFor();
        for (let i = 0; i < 40; i++) {
            await v.page.keyboard.press("Tab");
            if (await v.page.evaluate(() => document.activeElement?.tagName === "DESK-CHAT")) break;
        }
        await v.page.keyboard.press("Enter");
        await v.panel.locator("#hintTouch:focus").waitFor();
        assert.equal(await v.launcher.getAttribute("aria-expanded"), "true");
        await v.page.keyboard.press("Escape");
        await until("closed", async () => (await v.launcher.getAttribute("aria-expanded")) === "false");
        assert.equal(await v.page.evaluate(() => document.querySelector("desk-chat").shadowRoot.activeElement?.className), "l");
        clean(v);
    },
    async "talk: quick question, answer, typing, read marks, unread badge"(t) {
        const { agent, v, panel } = await pair(t);
        const chip = panel.locator(".quick .chip").first();
        const question = await chip.textContent();
        await chip.click();
        const m = await agent.got(question);
        await panel.locator(".meta", { hasText: "已送达" }).waitFor();
        agent.read(m.conversation, m.seq);
        await panel.locator(".meta", { hasText: "已读" }).waitFor();
        agent.typing(m.conversation, true);
        await panel.locator(".dots").waitFor();
        agent.reply(m.conversation, "今天 16:00 前付款，今天发。");
        await panel.locator(".m.in .b", { hasText: "今天发" }).waitFor();
        await until("the dots to go", async () => (await panel.locator(".dots").count()) === 0);
        await panel.locator("#close").click();
        await v.page.locator("desk-chat .p:not(.on)").waitFor({ state: "attached" });
        agent.reply(m.conversation, "还有别的要问吗？");
        await v.page.locator("desk-chat .n", { hasText: "1" }).waitFor();
        await v.page.locator("desk-chat .k", { hasText: "还有别的" }).waitFor();
        assert.match(await v.launcher.getAttribute("aria-label"), /1 条新消息/);
        await v.launcher.click();
        await v.page.locator("desk-chat .n").waitFor({ state: "hidden" });
        clean(v);
    },
    async "input method: Enter that picks a word does not send"(t) {
        const { agent, v, panel } = await pair(t);
        const area = panel.locator("#hintTouch");
        await area.focus();
        const cdp = await v.context.newCDPSession(v.page);
        await cdp.send("Input.imeSetComposition", { text: "nihao", selectionStart: 5, selectionEnd: 5 });
        await cdp.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 229, nativeVirtualKeyCode: 229 });
        await sleep(300);
        assert.equal(await panel.locator(".m.out").count(), 0);
        await cdp.send("Input.insertText", { text: "你好，在吗" });
        assert.equal(await area.inputValue(), "你好，在吗");
        await area.press("Enter");
        await agent.got("你好，在吗");
        assert.equal(agent.seen.some((m) => /nihao/.test(m.text ?? "")), false);
        clean(v);
    },
    async "no line: written in order, kept over a closed page, delivered once and in order"(t) {
        const { agent, v, panel } = await pair(t);
        const mark = `断网${Date.now()}`;
        t.proxy.cut();
        await panel.locator("#net", { hasText: "网络断了" }).waitFor();
        for (const n of [1, 2, 3]) await write(panel, `${mark}-${n}`);
        await panel.locator(".meta", { hasText: "待发" }).first().waitFor();
        await v.page.close();
        t.proxy.restore();
        const page = await v.again();
        const p = await openPanel(page);
        for (const n of [1, 2, 3]) await agent.got(`${mark}-${n}`);
        await until("nothing waits", async () => (await p.locator(".meta", { hasText: "待发" }).count()) === 0);
        assert.deepEqual(agent.seen.filter((m) => m.text?.startsWith(mark)).map((m) => m.text), [1, 2, 3].map((n) => `${mark}-${n}`));
        for (const n of [1, 2, 3]) assert.equal(await out(p, `${mark}-${n}`).count(), 1);
        clean(v);
    },
    async "a lost answer: sent again with the same id, stored once; what came meanwhile is there"(t) {
        const { agent, v, panel } = await pair(t);
        await write(panel, "先说一句");
        const first = await agent.got("先说一句");
        await panel.locator(".meta", { hasText: "已送达" }).waitFor();
        const mark = `只算一次${Date.now()}`;
        t.proxy.mute();
        await write(panel, mark);
        await agent.got(mark);
        t.proxy.cut();
        agent.reply(first.conversation, "断线时说的");
        await sleep(300);
        t.proxy.restore();
        await panel.locator(".m.in .b", { hasText: "断线时说的" }).waitFor({ timeout: 20_000 });
        await until("nothing waits", async () => (await panel.locator(".meta", { hasText: /待发|发送中/ }).count()) === 0);
        assert.equal(agent.count(mark), 1);
        assert.equal(await out(panel, mark).count(), 1);
        clean(v);
    },
    async "told to wait (429): says how long, then goes on by itself"(t) {
        const v = await visitor(t.b);
        t.later(() => v.context.close());
        let asked = 0;
        const times = [];
        await v.page.route("**/api/widget/session", (r) => {
            times.push(Date.now());
            return asked++ ? r.continue() : r.fulfill({ status: 429, headers: { "Retry-After": "2" }, json: { error: { code: "rate.limited", message: "" } } });
        });
        await v.page.goto(`${t.proxy.url}/demo`);
        await v.launcher.click();
        await v.panel.locator("#net", { hasText: "2 秒后再试" }).waitFor();
        await v.panel.locator("#face:not(:empty)").waitFor();
        assert.ok(times[1] - times[0] >= 1900, `asked again after ${times[1] - times[0]} ms`);
        assert.equal(await v.panel.locator("#net").textContent(), "");
    },
    async "recall: own message within two minutes, on both sides"(t) {
        const { agent, v, panel } = await pair(t);
        await write(panel, "发错了");
        const m = await agent.got("发错了");
        const row = panel.locator(".m.out", { hasText: "发错了" });
        await row.hover();
        await row.locator(".undo").click();
        await panel.locator(".sys", { hasText: "撤回了一条消息" }).waitFor();
        assert.equal(await row.count(), 0);
        await v.page.reload();
        const p = await openPanel(v.page);
        await p.locator(".sys", { hasText: "撤回了一条消息" }).waitFor();
        assert.ok(m.seq > 0);
        clean(v);
    },
    async "pictures and files: sent, shown, refused by size and by kind"(t) {
        const { agent, v, panel } = await pair(t);
        const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==", "base64");
        const pick = panel.locator("#pick");
        await pick.setInputFiles({ name: "缩水.png", mimeType: "image/png", buffer: png });
        await until("the picture at the desk", () => agent.seen.find((m) => m.kind === "image" && m.file?.name === "缩水.png"));
        await panel.locator(".m.out .pic img").waitFor();
        await panel.locator(".meta", { hasText: /已送达|已读/ }).waitFor();
        await pick.setInputFiles({ name: "big.png", mimeType: "image/png", buffer: Buffer.alloc(10485761) });
        await panel.locator("#count", { hasText: "超过 10 MB" }).waitFor();
        await pick.setInputFiles({ name: "x.exe", mimeType: "application/x-msdownload", buffer: Buffer.from("MZ") });
        await panel.locator("#count", { hasText: "这种文件发不了" }).waitFor();
        assert.equal(await panel.locator(".m.out").count(), 1);
        await v.page.reload();
        const p = await openPanel(v.page);
        const img = p.locator(".m.out .pic img");
        await img.waitFor();
        assert.equal(await img.evaluate(async (e) => (await e.decode(), e.naturalWidth)), 1);
        clean(v);
    },
    async "queue: position while nobody is free, then the agent comes"(t) {
        const one = await visitor(t.b, `${t.proxy.url}/demo`);
        const two = await visitor(t.b, `${t.proxy.url}/demo`);
        t.later(() => one.context.close());
        t.later(() => two.context.close());
        const a = await openPanel(one.page);
        await a.locator(".chip", { hasText: "找客服" }).click();
        await a.locator("#tail .sys", { hasText: "下一位就是" }).waitFor();
        const b = await openPanel(two.page);
        await write(b, "有人吗");
        await b.locator("#tail .sys", { hasText: "还差 1 位" }).waitFor();
        const agent = await Agent.login(t.server.url, "xiaoyu");
        t.later(async () => {
            await agent.closeAll();
            await agent.status("offline");
            agent.leave();
        });
        await agent.online();
        for (const p of [a, b]) await p.locator("#name", { hasText: "小雨" }).waitFor();
        await agent.got("有人吗");
        await until("no queue", async () => (await b.locator("#tail .sys").count()) === 0);
        clean(one);
        clean(two);
    },
    async "end and rating: after the close, kept"(t) {
        const { agent, v, panel } = await pair(t);
        await write(panel, "问完了");
        const m = await agent.got("问完了");
        agent.reply(m.conversation, "好的");
        await panel.locator(".m.in .b", { hasText: "好的" }).waitFor();
        await panel.locator("#end").click();
        await panel.locator("dialog .main").click();
        await panel.locator(".five label", { hasText: "很满意" }).last().click();
        await panel.locator(".tags .chip").first().click();
        await panel.locator(".sheet textarea").fill("谢谢小雨");
        await panel.locator(".sheet .main").click();
        await panel.locator(".sheet.done", { hasText: "评价收到了" }).waitFor();
        await until("the rating at the desk", async () => {
            const r = await agent.call("GET", `/api/conversations/${m.conversation}`).catch(() => undefined);
            return !r || r.conversation?.rating?.score === 5;
        });
        await v.page.reload();
        const p = await openPanel(v.page);
        await p.locator(".sheet.done").waitFor();
        clean(v);
    },
    async "product: offered as a card, sent on the visitor's word only"(t) {
        const { agent, v, panel } = await pair(t, {}, "/demo#wool-sweater");
        await panel.locator("#offer", { hasText: "圆领羊毛衫" }).waitFor();
        await sleep(200);
        assert.equal(agent.seen.some((m) => m.kind === "card" && m.card?.title === "圆领羊毛衫"), false);
        await panel.locator("#offer .chip").click();
        const m = await until("the card at the desk", () => agent.seen.find((x) => x.kind === "card" && x.card?.title === "圆领羊毛衫"));
        assert.equal(m.card.price, "¥329");
        await panel.locator(".m.out .cd img").waitFor();
        await v.page.reload();
        const p = await openPanel(v.page);
        await p.locator(".m.out .cd").waitFor();
        assert.equal(await p.locator("#offer").isVisible(), false);
        clean(v);
    },
    async "a shop of another origin: opens, talks, believes only its own page, keeps the visitor"(t) {
        const s = await shop(t.proxy.url);
        t.later(s.close);
        const v = await visitor(t.b, s.url);
        t.later(() => v.context.close());
        const panel = await openPanel(v.page);
        // A second channel, or a message without one, changes nothing.
        await v.page.evaluate(() => {
            const w = document.querySelector("desk-chat").shadowRoot.querySelector("iframe").contentWindow;
            const c = new MessageChannel();
            w.postMessage({ zhixin: 1, t: "send", text: "forged" }, "*", [c.port2]);
            w.postMessage({ zhixin: 1, t: "send", text: "forged" }, "*");
        });
        await sleep(200);
        assert.equal(await panel.locator(".m.out").count(), 0);
        await write(panel, "跨站也行");
        await panel.locator(".meta", { hasText: "已送达" }).waitFor();
        await v.page.reload();
        const p = await openPanel(v.page);
        await out(p, "跨站也行").waitFor();
        await p.locator("#end").click();
        await p.locator("dialog .main").click();
        clean(v);
    },
    async "identity: a forged signature is refused, said to the page, and the talk goes on without it"(t) {
        const s = await shop(t.proxy.url, 'data-user-id="7" data-user-hash="00ff"');
        t.later(s.close);
        const v = await visitor(t.b);
        t.later(() => v.context.close());
        const asked = [];
        v.page.on("request", (r) => r.url().endsWith("/api/widget/session") && asked.push(r.postDataJSON()));
        await v.page.goto(s.url);
        await v.page.waitForFunction(() => window.zhixin?.on);
        await v.page.evaluate(() => window.zhixin("on", "error", (code) => (window.told = code)));
        await openPanel(v.page);
        assert.deepEqual(asked[0].identity, { user_id: "7", hash: "00ff" });
        assert.equal(asked[1].identity, undefined);
        await until("the page to be told", () => v.page.evaluate(() => window.told === "identity.forged"));
    },
    async "a body that is swapped, a script that runs twice: one launcher stays"(t) {
        const v = await visitor(t.b, `${t.proxy.url}/demo`);
        t.later(() => v.context.close());
        await openPanel(v.page);
        await v.page.evaluate(() => {
            document.body.replaceWith(document.createElement("body"));
            const s = document.createElement("script");
            s.src = "/widget/loader.js?again";
            document.body.append(s);
        });
        await sleep(300);
        assert.equal(await v.page.locator("desk-chat").count(), 1);
        assert.equal(await panelOf(v.page).locator("#form").isVisible(), true);
        await frameOf(v.page);
    },
};
