// SPDX-License-Identifier: Apache-2.0
// Dates, sizes and text helpers. Formatters are made once per locale and shop time zone.
import { locale } from '@/i18n';

let zone: string | undefined;
const cache = new Map<string, Intl.DateTimeFormat>();

export function setTimeZone(tz: string | undefined) {
    try {
        new Intl.DateTimeFormat('en', { timeZone: tz });
        zone = tz;
    } catch {
        zone = undefined;
    }
    cache.clear();
}

function fmt(name: string, o: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = `${locale.value}/${name}`;
    let f = cache.get(key);
    if (!f) {
        f = new Intl.DateTimeFormat(locale.value, { timeZone: zone, hourCycle: 'h23', ...o });
        cache.set(key, f);
    }
    return f;
}

const parts = (ms: number) => {
    const p: Record<string, string> = {};
    const f = fmt('parts', {
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
    });
    for (const { type, value } of f.formatToParts(ms)) p[type] = value.padStart(2, '0');
    return p as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', string>;
};

/** 09:41 */
export const hm = (ms: number) => fmt('hm', { hour: '2-digit', minute: '2-digit' }).format(ms);
/** 09:41:07 */
export const hms = (ms: number) =>
    fmt('hms', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(ms);

/** Key of the shop's calendar day, for day lines. */
export function dayKey(ms: number): string {
    const p = parts(ms);
    return `${p.year}-${p.month}-${p.day}`;
}

/** 09:41 today, 11-02 09:41 this year, 2025-11-02 before. */
export function when(ms: number, nowMs: number): string {
    const a = parts(ms);
    const b = parts(nowMs);
    if (a.year !== b.year) return `${a.year}-${a.month}-${a.day}`;
    if (a.month !== b.month || a.day !== b.day) return `${a.month}-${a.day} ${a.hour}:${a.minute}`;
    return `${a.hour}:${a.minute}`;
}

/** Short form for narrow columns: 09:41 today, 11-02 otherwise. */
export function whenShort(ms: number, nowMs: number): string {
    const a = parts(ms);
    const b = parts(nowMs);
    if (a.year !== b.year) return `${a.year}-${a.month}`;
    return a.month === b.month && a.day === b.day ? `${a.hour}:${a.minute}` : `${a.month}-${a.day}`;
}

/** Words for a day line; the caller supplies today and yesterday. */
export function dayName(ms: number, nowMs: number, today: string, yesterday: string): string {
    const key = dayKey(ms);
    if (key === dayKey(nowMs)) return today;
    if (key === dayKey(nowMs - 86_400_000)) return yesterday;
    const sameYear = key.slice(0, 4) === dayKey(nowMs).slice(0, 4);
    return fmt(sameYear ? 'day' : 'dayYear', {
        ...(sameYear ? {} : { year: 'numeric' }),
        month: 'long',
        day: 'numeric',
        weekday: 'short',
    }).format(ms);
}

export function bytes(n: number): string {
    if (n < 1024) return `${n} B`;
    if (n < 1024 * 1024) return `${Math.round(n / 1024)} KB`;
    return `${(n / 1024 / 1024).toFixed(1)} MB`;
}

/** Cut text into plain and marked pieces. Spans are in code points, as everywhere in the protocol. */
export function pieces(text: string, spans: [number, number][]): { text: string; hit: boolean }[] {
    const cp = Array.from(text);
    const out: { text: string; hit: boolean }[] = [];
    let at = 0;
    for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
        const from = Math.max(at, start);
        const to = Math.min(cp.length, end);
        if (to <= from) continue;
        if (from > at) out.push({ text: cp.slice(at, from).join(''), hit: false });
        out.push({ text: cp.slice(from, to).join(''), hit: true });
        at = to;
    }
    if (at < cp.length) out.push({ text: cp.slice(at).join(''), hit: false });
    return out;
}

/** Only http(s) leaves the desk; everything else is shown as text. */
export function safeUrl(url: string | undefined | null): string | undefined {
    if (!url) return undefined;
    try {
        const u = new URL(url, location.origin);
        return u.protocol === 'http:' || u.protocol === 'https:' ? u.href : undefined;
    } catch {
        return undefined;
    }
}

export interface TextPart {
    text: string;
    url?: string;
}
// Stops at white space and at CJK and full-width punctuation, which often follows a pasted link.
const LINK = /https?:\/\/[^\s<>"'\u3000-\u303f\uff00-\uffef\u2018-\u201d]+/g;

/** Split a message into text and links. */
export function linkify(text: string): TextPart[] {
    const out: TextPart[] = [];
    let at = 0;
    for (const m of text.matchAll(LINK)) {
        const raw = m[0].replace(/[.,;:!?)\]]+$/, '');
        const url = safeUrl(raw);
        if (!url) continue;
        if (m.index > at) out.push({ text: text.slice(at, m.index) });
        out.push({ text: raw, url });
        at = m.index + raw.length;
    }
    if (at < text.length) out.push({ text: text.slice(at) });
    return out;
}

/** "zh-CN" in the reader's own words. */
export function langName(tag: string): string {
    try {
        return new Intl.DisplayNames(locale.value, { type: 'language' }).of(tag) ?? tag;
    } catch {
        return tag;
    }
}

export function newClientId(): string {
    return crypto.randomUUID();
}
