// SPDX-License-Identifier: Apache-2.0
// Each state of launcher, panel and demo page: axe without violations, light and dark, no CSP violation,
// and with SHOTS=folder a picture to look at.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Agent, frameOf, openPanel, sleep, until, visitor, write } from "./lib.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });
const MODES = {
    light: {}, dark: { colorScheme: "dark" },
    mobile: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
};

/** axe on the page and on the panel's frame; evaluate() is not bound by the page's CSP. */
async function look(page, name, mode) {
    await sleep(250); // the opening has ended
    if (shots) await page.screenshot({ path: `${shots}/${name}-${mode}.png` });
    const frame = page.frames().find((f) => /\/widget\/panel/.test(f.url()));
    for (const f of [page.mainFrame(), frame]) {
        if (!f) continue;
        await f.evaluate(axe);
        const bad = await f.evaluate(async () => {
            const r = await axe.run(document, { iframes: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
                // The panel is a page of its own only inside its frame.
                rules: window === top ? {} : { "page-has-heading-one": { enabled: true } } });
            return r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(" | ")}`);
        });
        assert.deepEqual(bad, [], `${name} ${mode} ${f === frame ? "panel" : "page"}`);
    }
}
const wide = (frame) => frame.evaluate(() => document.documentElement.scrollWidth - innerWidth);

async function through(t, mode) {
    const v = await visitor(t.b, `${t.proxy.url}/demo#wool-sweater`, MODES[mode]);
    t.later(() => v.context.close());
    await v.launcher.waitFor();
    await look(v.page, "closed", mode);
    const picture = await v.page.locator("#d-img").screenshot();
    const panel = await openPanel(v.page);
    await panel.locator("#offer .cd").waitFor();
    await look(v.page, "empty", mode);
    await panel.locator("#offer .ghost").click();
    await write(panel, "洗了一次就缩水了，怎么办？");
    await panel.locator("#tail .sys").waitFor();
    await look(v.page, "queue", mode);
    const agent = await Agent.login(t.server.url, "xiaoyu");
    t.later(async () => {
        await agent.closeAll();
        await agent.status("offline");
        agent.leave();
    });
    await agent.online();
    const m = await agent.got("洗了一次就缩水了，怎么办？");
    await panel.locator("#name", { hasText: "小雨" }).waitFor();
    agent.reply(m.conversation, "你好，我是小雨。先看一下：洗的时候是机洗还是手洗？");
    agent.reply(m.conversation, "方便的话拍一张洗标和衣服平铺的照片，我现在帮你查能不能换。");
    await panel.locator(".m.in .b", { hasText: "洗标" }).waitFor();
    await panel.locator("#pick").setInputFiles({ name: "洗后.png", mimeType: "image/png", buffer: picture });
    await panel.locator(".m.out .pic img").waitFor();
    await write(panel, "机洗的，不知道只能手洗。说明在 https://shop.example/wool 这里？");
    await agent.got("机洗的，不知道只能手洗。说明在 https://shop.example/wool 这里？");
    agent.read(m.conversation, Math.max(...agent.seen.filter((x) => x.conversation === m.conversation).map((x) => x.seq)));
    agent.typing(m.conversation, true);
    await panel.locator(".dots").waitFor();
    await look(v.page, "talk", mode);
    if (mode === "mobile") {
        const box = await v.page.locator("desk-chat .p").boundingBox();
        assert.deepEqual([box.x, box.y, box.width, box.height], [0, 0, 390, 844]);
        assert.equal(await v.launcher.isVisible(), false);
        assert.equal(await panel.locator("#hintTouch").evaluate((e) => getComputedStyle(e).fontSize), "16px");
    }
    await panel.locator("#emoji").click();
    await panel.locator("#emo button").first().waitFor();
    await look(v.page, "emoji", mode);
    await panel.locator("#emoji").click();
    t.proxy.cut();
    await panel.locator("#net", { hasText: "网络断了" }).waitFor();
    await write(panel, "还在吗？");
    await look(v.page, "error", mode);
    t.proxy.restore();
    await agent.got("还在吗？");
    await panel.locator("#end").click();
    await panel.locator("dialog .main").waitFor();
    await look(v.page, "end", mode);
    await panel.locator("dialog .main").click();
    await panel.locator(".five").waitFor();
    await panel.locator(".five label").nth(3).click();
    await look(v.page, "rating", mode);
    await panel.locator(".sheet .main").click();
    await panel.locator(".done").waitFor();
    await look(v.page, "rated", mode);
    assert.ok((await wide(await frameOf(v.page))) <= 0);
    assert.deepEqual(v.faults.filter((f) => !/ERR_/.test(f)), []);
}

async function closedHours(t) {
    const chief = await Agent.login(t.server.url, "laoban");
    const before = await chief.call("GET", "/api/hours");
    const put = async (h) => {
        const { version } = await chief.call("GET", "/api/hours");
        return chief.call("PUT", "/api/hours", { timezone: before.timezone, week: before.week, breaks: before.breaks, holidays: before.holidays, ...h, version });
    };
    t.later(() => put({ always: before.always }));
    await put({ always: false, week: [[], [], [], [], [], [], []] });
}

async function offlineForm(t, mode) {
    await closedHours(t);
    const v = await visitor(t.b, `${t.proxy.url}/demo`, MODES[mode]);
    t.later(() => v.context.close());
    const panel = await openPanel(v.page);
    await panel.locator("#notice button").click();
    const send = panel.locator("dialog .main");
    await panel.locator("dialog input").nth(1).fill("不是联系方式");
    await panel.locator("dialog textarea").fill("想换一件大一码的");
    await send.click();
    await panel.locator("dialog .err", { hasText: "手机号或邮箱" }).waitFor();
    await look(v.page, "offline", mode);
    await panel.locator("dialog input").nth(0).fill("王子涵");
    await panel.locator("dialog input").nth(1).fill("13800138000");
    await send.click();
    await panel.locator("dialog [role=status]", { hasText: /回执号 [A-Z0-9]+/ }).waitFor();
    await look(v.page, "receipt", mode);
    assert.deepEqual(v.faults, []);
}

export default {
    "states, light": (t) => through(t, "light"),
    "states, dark": (t) => through(t, "dark"),
    "states, 390 x 844": (t) => through(t, "mobile"),
    "outside business hours: form, fault, receipt (light)": (t) => offlineForm(t, "light"),
    "outside business hours: form, fault, receipt (dark)": (t) => offlineForm(t, "dark"),
    "outside business hours: form, fault, receipt (390 x 844)": (t) => offlineForm(t, "mobile"),
    async "demo page: all views, light, dark and narrow"(t) {
        for (const mode of Object.keys(MODES)) {
            const v = await visitor(t.b, `${t.proxy.url}/demo`, MODES[mode]);
            await v.launcher.waitFor();
            await v.page.locator("#list img").last().scrollIntoViewIfNeeded();
            await v.page.evaluate(() => scrollTo(0, 0));
            await look(v.page, "demo", mode);
            assert.ok((await wide(v.page.mainFrame())) <= 0, "wider than the window");
            assert.deepEqual(v.faults, []);
            await v.context.close();
        }
    },
    async "languages: by the browser, and the page may choose"(t) {
        for (const [locale, words] of [["zh-TW", "線上"], ["en-GB", "Type a message"], ["fr", "Type a message"], ["zh-CN", "输入消息"]]) {
            const v = await visitor(t.b, `${t.proxy.url}/demo`, { locale });
            const panel = await openPanel(v.page);
            const text = `${await panel.locator("#hintTouch").getAttribute("placeholder")} ${await panel.locator("#status").textContent()}`;
            assert.ok(text.includes(words), `${locale}: ${text}`);
            if (shots) await v.page.screenshot({ path: `${shots}/lang-${locale}.png` });
            assert.deepEqual(v.faults, []);
            await v.context.close();
        }
    },
    async "less motion: nothing moves"(t) {
        const v = await visitor(t.b, `${t.proxy.url}/demo`, { reducedMotion: "reduce" });
        t.later(() => v.context.close());
        await openPanel(v.page);
        const f = await frameOf(v.page);
        assert.equal(await v.page.locator("desk-chat .p").evaluate((e) => getComputedStyle(e).transitionDuration), "0s");
        assert.equal(await f.evaluate(() => getComputedStyle(document.body).animationName), "none");
    },
    async "320 px wide: nothing is cut off"(t) {
        const v = await visitor(t.b, `${t.proxy.url}/demo`, { viewport: { width: 320, height: 568 } });
        t.later(() => v.context.close());
        await openPanel(v.page);
        const f = await frameOf(v.page);
        await until("it fits", async () => (await wide(f)) <= 0);
        await look(v.page, "narrow", "320");
    },
};
