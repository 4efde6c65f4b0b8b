// SPDX-License-Identifier: Apache-2.0
// The shop's colour, kept readable: the text on it is black or white, whichever stands out more, and
// where the colour itself is text it is moved towards black or white until it has 4.5:1.
type Rgb = [number, number, number];

const lum = (c: Rgb): number => {
    const [r, g, b] = c.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4) as Rgb;
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (a: number, b: number): number => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

export function parse(hex: string): Rgb | undefined {
    const m = /^#?([\da-f]{3}|[\da-f]{6})$/i.exec(hex.trim());
    if (!m) return undefined;
    const s = m[1]!.length === 3 ? m[1]!.replace(/./g, "$&$&") : m[1]!;
    return [0, 2, 4].map((i) => Number.parseInt(s.slice(i, i + 2), 16)) as Rgb;
}

/** Colours for one surface: brand as fill and as text, the text on the fill, a tint as background. */
export function readable(hex: string, dark: boolean): Record<string, string> | undefined {
    let c = parse(hex);
    if (!c) return undefined;
    const surface = dark ? [23, 28, 34] : [255, 255, 255];
    const ground = lum(surface as Rgb);
    const goal = dark ? 255 : 0;
    for (let i = 0; i < 20 && ratio(lum(c), ground) < 4.6; i++) c = c.map((v) => Math.round(v + (goal - v) * 0.08)) as Rgb;
    const on = ratio(lum(c), 1) >= 4.5 ? "#fff" : "#081427";
    const soft = surface.map((v, i) => Math.round(v + (c![i]! - v) * (dark ? 0.16 : 0.09)));
    return { brand: `rgb(${c.join()})`, "on-brand": on, "brand-soft": `rgb(${soft.join()})` };
}
