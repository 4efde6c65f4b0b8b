// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { clock, day, fill, nearest, setAddress, t } from "./i18n";
import en from "./i18n/en";
import { zhCN, zhCNMore } from "./i18n/zh-CN";
import zhTW from "./i18n/zh-TW";

const cn: Record<string, string> = { ...zhCN, ...zhCNMore };
const others: [string, Record<string, string>][] = [["zh-TW", zhTW], ["en", en]];
const names = (s: string) => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).filter((n) => n !== "u").sort();

test("no key is in both parts", () => {
    expect(Object.keys(zhCN).filter((k) => k in zhCNMore)).toEqual([]);
});
test.each(others)("%s has every key, none empty, with the same blanks", (_, words) => {
    expect(Object.keys(words).sort()).toEqual(Object.keys(cn).sort());
    for (const k in cn) {
        expect(words[k], k).not.toBe("");
        expect(names(words[k]!), k).toEqual(names(cn[k]!));
        expect(words[k]!.split("|").length, k).toBe(cn[k]!.split("|").length);
    }
});
test("zh-TW is not zh-CN with other characters left in", () => {
    // Characters that only the simplified script has.
    for (const k in zhTW) expect(zhTW[k as keyof typeof zhTW], k).not.toMatch(/[们这还发关会话时线误请对应听说读图网络断连传档]/u);
    for (const k in en) expect(en[k as keyof typeof en], k).not.toMatch(/\p{Script=Han}/u);
});
test("no words for people outside the three files", () => {
    const sources = import.meta.glob("./*.ts", { query: "?raw", import: "default", eager: true });
    for (const f of Object.keys(sources).filter((n) => !n.includes(".test."))) {
        if (f === "./loader.ts") continue; // has four words of its own: it must stand alone
        const code = sources[f]!.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "").replace(/ \/\/ .*$/gm, "");
        expect(code.replace(/"亲"|"親"|"您"/g, ""), f).not.toMatch(/\p{Script=Han}/u);
    }
});
test("nearest language", () => {
    const want: Record<string, string> = {
        "zh-CN": "zh-CN", zh: "zh-CN", "": "zh-CN", "zh-Hans-SG": "zh-CN", "zh-TW": "zh-TW", "zh-Hant-HK": "zh-TW", "zh-HK": "zh-TW", en: "en", "en-GB": "en", fr: "en",
    };
    for (const k in want) expect(nearest(k), k).toBe(want[k]);
});
test("form of address", () => {
    expect(t("serving")).toBe("正在为您服务");
    setAddress("亲");
    expect(t("serving")).toBe("正在为亲服务");
    setAddress(undefined);
    expect(fill("{u} {n}", { n: 2 })).toBe("亲 2");
    setAddress("你");
    expect(t("next")).toBe("下一位就是你");
});
test("days and times", () => {
    const now = new Date(2026, 2, 1, 9, 5).getTime();
    expect(clock(now)).toBe("09:05");
    expect(day(now, now)).toBe("今天");
    expect(day(new Date(2026, 1, 28, 23, 59).getTime(), now)).toBe("昨天");
    expect(day(new Date(2026, 1, 27, 0, 1).getTime(), now)).toBe("02-27");
    expect(day(new Date(2025, 11, 31, 12).getTime(), now)).toBe("2025-12-31");
});
