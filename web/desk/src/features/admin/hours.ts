// SPDX-License-Identifier: Apache-2.0
// Editing of opening hours. Pure; the server's library (src/desk/hours.h) decides in the end.
// A span may end after midnight: 22:00-02:00, and 00:00 as an end is midnight.
import type { Hours, Span } from '@/api/types';

export const DAY = 1440;
export type SpanFault = 'format' | 'empty' | 'overlap' | 'nextDay';

/** Minutes since midnight, or -1. `24:00` is allowed as an end. */
export function minutes(text: string): number {
    const m = /^(\d{2}):(\d{2})$/.exec(text);
    if (!m) return -1;
    const v = Number(m[1]) * 60 + Number(m[2]);
    return Number(m[2]) < 60 && v <= DAY ? v : -1;
}
/** What people type: `9`, `930`, `9:30`, `09：30`, `24` → `09:30`. Empty when it is no time. */
export function readTime(text: string): string {
    const m = /^(\d{1,2})(?::?(\d{2}))?$/.exec(text.trim().replace(/[：.]/g, ':'));
    if (!m) return '';
    const t = `${m[1]!.padStart(2, '0')}:${m[2] ?? '00'}`;
    return minutes(t) < 0 ? '' : t;
}

export const clock = (min: number) =>
    `${String(Math.floor((min % DAY) / 60)).padStart(2, '0')}:${String(min % 60).padStart(2, '0')}`;

/** [from, to) in minutes from the day's midnight; `to` beyond 1440 lies in the next day. */
export function reach(s: Span): [number, number] | null {
    const from = minutes(s.from);
    const to = minutes(s.to);
    if (from < 0 || from >= DAY || to < 0) return null;
    return [from, to <= from ? to + DAY : to];
}

export const sortSpans = (list: Span[]): Span[] =>
    [...list].sort((a, b) => minutes(a.from) - minutes(b.from));

/** One entry per span: its fault, or null. */
export function spanFaults(list: Span[]): (SpanFault | null)[] {
    return list.map((s, i) => {
        const mine = reach(s);
        if (!mine) return 'format';
        if (s.from === s.to) return 'empty';
        const clash = list.some((o, j) => {
            const other = j === i ? null : reach(o);
            return !!other && other[0] < mine[1] && mine[0] < other[1];
        });
        return clash ? 'overlap' : null;
    });
}

/** Faults of the week; a night span that runs into the next morning's first span counts too. */
export function weekFaults(week: Span[][]): (SpanFault | null)[][] {
    const out = week.map(spanFaults);
    week.forEach((day, d) => {
        const next = week[(d + 1) % week.length] ?? [];
        day.forEach((s, i) => {
            const mine = reach(s);
            if (!mine || out[d]?.[i] || mine[1] <= DAY) return;
            const into = mine[1] - DAY;
            const hit = next.some((o) => {
                const other = reach(o);
                return !!other && other[0] < into;
            });
            if (hit) out[d]![i] = 'nextDay';
        });
    });
    return out;
}

export function fine(h: Hours): boolean {
    const days = new Set<string>();
    for (const x of h.holidays) {
        if (!/^\d{4}-\d{2}-\d{2}$/.test(x.date) || days.has(x.date)) return false;
        days.add(x.date);
        if (spanFaults(x.open).some(Boolean)) return false;
    }
    return !weekFaults(h.week).flat().some(Boolean) && !spanFaults(h.breaks).some(Boolean);
}

/** Open minutes of a day, breaks taken off. */
export function openMinutes(spans: Span[], breaks: Span[]): number {
    let sum = 0;
    for (const s of spans) {
        const a = reach(s);
        if (!a) continue;
        sum += a[1] - a[0];
        for (const b of breaks) {
            const r = reach(b);
            if (!r) continue;
            // A break belongs to every day, so to the part after midnight as well.
            for (const shift of [0, DAY]) {
                sum -= Math.max(0, Math.min(a[1], r[1] + shift) - Math.max(a[0], r[0] + shift));
            }
        }
    }
    return Math.max(0, sum);
}

const key = (spans: Span[]) =>
    sortSpans(spans)
        .map((s) => `${s.from}-${s.to}`)
        .join(' ');

/** Neighbouring days with equal spans, Monday = 0. */
export function dayGroups(week: Span[][]): { from: number; to: number; spans: Span[] }[] {
    const out: { from: number; to: number; spans: Span[] }[] = [];
    week.forEach((spans, d) => {
        const last = out.at(-1);
        if (last && key(last.spans) === key(spans)) last.to = d;
        else out.push({ from: d, to: d, spans: sortSpans(spans) });
    });
    return out;
}

/** The next span to offer after those of a day. */
export function nextSpan(list: Span[]): Span {
    const last = sortSpans(list).at(-1);
    const end = last ? (reach(last)?.[1] ?? 0) : 540;
    if (!last) return { from: '09:00', to: '18:00' };
    if (end >= DAY - 60) return { from: '00:00', to: '01:00' };
    const from = Math.min(end + 60, DAY - 60);
    return { from: clock(from), to: clock(Math.min(from + 180, DAY - 1)) };
}

/** Put one day's spans on others. */
export function copyDay(week: Span[][], from: number, to: number[]): Span[][] {
    return week.map((spans, d) =>
        to.includes(d) && d !== from ? (week[from] ?? []).map((s) => ({ ...s })) : spans,
    );
}
