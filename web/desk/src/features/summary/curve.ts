// SPDX-License-Identifier: Apache-2.0
// The curve of feeling: where each point stands, and which of them get a glyph. Pure.
import type { FeelingPoint } from '@/api/types';
import { step } from '@/core/emotion';

export interface Mark {
    p: FeelingPoint;
    /** 0..1 from the left and from the top. */
    x: number;
    y: number;
}
/** Glyphs nearer than this (of the width) would lie on each other. */
const APART = 0.08;
const TOP = 1.25;
const BOTTOM = -3.25;

/** The kind of feeling gives the height, its strength a little more of it. */
export function height(p: FeelingPoint): number {
    const s = step(p.emotion);
    return s + Math.sign(s) * (p.intensity - 2) * 0.25;
}

export const place = (curve: FeelingPoint[]): Mark[] =>
    curve.map((p, i) => ({
        p,
        x: curve.length > 1 ? i / (curve.length - 1) : 0.5,
        y: (TOP - height(p)) / (TOP - BOTTOM),
    }));

/** The first of the lowest. */
export const worst = (marks: Mark[]): Mark | undefined =>
    marks.reduce<Mark | undefined>((a, m) => (a && a.y >= m.y ? a : m), undefined);

/** Worst, last and first for sure, then each turn of feeling for which there is room. */
export function glyphs(marks: Mark[]): Mark[] {
    const turns = marks.filter((m, i) => i > 0 && m.p.emotion !== marks[i - 1]!.p.emotion);
    const out: Mark[] = [];
    for (const m of [worst(marks), marks.at(-1), marks[0], ...turns]) {
        if (m && out.every((o) => Math.abs(o.x - m.x) >= APART)) out.push(m);
    }
    return out.sort((a, b) => a.x - b.x);
}
