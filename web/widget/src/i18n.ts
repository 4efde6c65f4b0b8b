// SPDX-License-Identifier: Apache-2.0
// Owns the chosen language and the form of address; everything shown to people passes through t().
import { type Words, zhCN } from "./i18n/zh-CN";

export type Key = keyof Words;
export type Lang = "zh-CN" | "zh-TW" | "en";
export type Vars = Record<string, string | number>;

let words = zhCN as Words;
export let lang: Lang = "zh-CN";
let address = "您";

/** Picks the nearest language we speak; anything Chinese and unknown is zh-CN, the rest English. */
export const nearest = (wanted: string): Lang =>
    /^zh.*(tw|hk|mo|hant)/i.test(wanted) ? "zh-TW" : /^(zh|$)/i.test(wanted) ? "zh-CN" : "en";

/** Loads a language; when its file cannot be fetched the panel stays in zh-CN. */
export async function load(wanted: Lang, fetcher: (l: Lang) => Promise<{ default: Words }>): Promise<void> {
    if (wanted === "zh-CN") return;
    try {
        words = (await fetcher(wanted)).default;
        lang = wanted;
    } catch {
        /* zh-CN it is */
    }
}

/** The zh-CN words of the second part; a loaded language has them already. */
export function addWords(more: Partial<Words>): void {
    words = { ...more, ...words };
}

export function setAddress(form: string | undefined): void {
    if (form) address = lang === "zh-TW" && form === "亲" ? "親" : form;
}

export const fill = (text: string, vars?: Vars): string =>
    text.replace(/\{(\w+)\}/g, (_, k: string) => String(k === "u" ? address : (vars?.[k] ?? "")));

export const t = (key: Key, vars?: Vars): string => fill(words[key], vars);

// Swedish writes times and dates the ISO way.
export const clock = (at: number): string => new Date(at).toLocaleTimeString("sv").slice(0, 5);
const date = (at: number): string => new Date(at).toLocaleDateString("sv");

/** 今天, 昨天, 11-02, and with the year only when it is another one. */
export function day(at: number, now: number): string {
    const d = date(at);
    const today = date(now);
    if (d === today) return t("today");
    // Noon of today less a day is yesterday, also where clocks are changed.
    if (d === date(new Date(now).setHours(12) - 864e5)) return t("yesterday");
    return d.slice(d.slice(0, 4) === today.slice(0, 4) ? 5 : 0);
}
