// SPDX-License-Identifier: Apache-2.0
// t(key, vars). zh-CN is inside the first bundle and is the type of the other two; they load when asked for.
import { shallowRef } from 'vue';
import { prefs } from '@/core/prefs';
import zhCN from './zh-CN';
import type admin from './zh-CN.admin';

export type Dict = Record<keyof typeof zhCN, string>;
export type AdminDict = Record<keyof typeof admin, string>;
export type Key = keyof Dict | keyof AdminDict;
export type Locale = 'zh-CN' | 'zh-TW' | 'en';
export const LOCALES: { id: Locale; name: string }[] = [
    { id: 'zh-CN', name: '\u7b80\u4f53\u4e2d\u6587' },
    { id: 'zh-TW', name: '\u7e41\u9ad4\u4e2d\u6587' },
    { id: 'en', name: 'English' },
];

const dict = shallowRef<Partial<Record<Key, string>>>(zhCN);
export const locale = shallowRef<Locale>('zh-CN');
let withAdmin = false;

/** Text of a key with `{name}` replaced. A missing key shows itself, so that it is found at once. */
export function t(key: Key, vars?: Record<string, string | number>): string {
    const text = dict.value[key] ?? key;
    return vars ? text.replace(/\{(\w+)\}/g, (m, k) => String(vars[k] ?? m)) : text;
}

/** For codes that come from the server: the translation, or the given fallback. */
export function tCode(prefix: string, code: string, fallback = code): string {
    return dict.value[`${prefix}.${code}` as Key] ?? fallback;
}

const core: Record<Locale, () => Promise<{ default: Dict }>> = {
    'zh-CN': async () => ({ default: zhCN }),
    'zh-TW': () => import('./zh-TW'),
    en: () => import('./en'),
};
const more: Record<Locale, () => Promise<{ default: AdminDict }>> = {
    'zh-CN': () => import('./zh-CN.admin'),
    'zh-TW': () => import('./zh-TW.admin'),
    en: () => import('./en.admin'),
};

export async function setLocale(next: Locale) {
    const [a, b] = await Promise.all([core[next](), withAdmin ? more[next]() : null]);
    dict.value = { ...a.default, ...b?.default };
    locale.value = next;
    document.documentElement.lang = next;
}

/** The admin area's words, loaded with its first page. */
export async function loadAdminWords() {
    if (withAdmin) return;
    withAdmin = true;
    dict.value = { ...dict.value, ...(await more[locale.value]()).default };
}

export function guessLocale(languages: readonly string[] = navigator.languages): Locale {
    if (prefs.locale) return prefs.locale;
    for (const l of languages) {
        if (/^zh\b.*(tw|hk|mo|hant)/i.test(l)) return 'zh-TW';
        if (/^zh/i.test(l)) return 'zh-CN';
        if (/^en/i.test(l)) return 'en';
    }
    return 'zh-CN';
}
