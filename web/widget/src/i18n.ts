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

export const clock = (at: number): string =>
    new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);

const midnight = (at: number): number => new Date(at).setHours(0, 0, 0, 0);

/** 今天, 昨天, 11-02, and with the year only when it is another one. */
export function day(at: number, now: number): string {
    const gap = Math.round((midnight(now) - midnight(at)) / 864e5);
    if (!gap) return t("today");
    if (gap === 1) return t("yesterday");
    // Swedish writes dates the ISO way.
    const date = new Intl.DateTimeFormat("sv").format(at);
    return date.slice(0, 4) === String(new Date(now).getFullYear()) ? date.slice(5) : date;
}
