// SPDX-License-Identifier: Apache-2.0
// The shop's colour, kept readable on both surfaces: darkened until white text on it, and it as text
// on white or on a tint of itself, has 4.5:1; for the dark theme it is mixed with white.
export function shades(hex: string): { l: string; d: string } | undefined {
    if (!/^#[\da-f]{6}$/i.test(hex)) return undefined;
    let c = [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
    const light = () => c.reduce((sum, v, i) => sum + [0.2126, 0.7152, 0.0722][i]! * (v / 255) ** 2.2, 0);
    while (light() > 0.14) c = c.map((v) => v * 0.95);
    return { l: `rgb(${c.map(Math.round)})`, d: `rgb(${c.map((v) => Math.round(v * 0.45 + 140))})` };
}
