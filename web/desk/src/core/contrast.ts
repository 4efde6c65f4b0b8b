// SPDX-License-Identifier: Apache-2.0
// Contrast of two colours (WCAG 2.x), for the shop's own brand colour.
function channel(v: number): number {
    const s = v / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
}

/** `#rgb` or `#rrggbb`; null when it is neither. */
export function luminance(hex: string): number | null {
    const m = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(hex.trim());
    if (!m?.[1]) return null;
    const h = m[1].length === 3 ? m[1].replace(/./g, '$&$&') : m[1];
    const [r, g, b] = [0, 2, 4].map((i) => channel(Number.parseInt(h.slice(i, i + 2), 16)));
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

export function contrast(a: string, b: string): number {
    const x = luminance(a);
    const y = luminance(b);
    if (x === null || y === null) return 0;
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}
