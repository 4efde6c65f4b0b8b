// SPDX-License-Identifier: Apache-2.0
// Checks tokens.css: both dark blocks are equal, and every text colour is readable on its surface.
import { readFileSync } from "node:fs";

const css = readFileSync(process.argv[2] ?? new URL("tokens.css", import.meta.url), "utf8");
const block = (start) => {
    const at = css.indexOf(start);
    if (at < 0) throw new Error(`tokens.css: no block ${start}`);
    const body = css.slice(css.indexOf("{", at) + 1, css.indexOf("}", at));
    return Object.fromEntries(
        [...body.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map((m) => [m[1], m[2].trim()]));
};
const light = block(":root {");
const dark = block(':root[data-theme="dark"] {');
const auto = block(':root:not([data-theme="light"]) {');
const faults = [];
for (const key of new Set([...Object.keys(dark), ...Object.keys(auto)]))
    if (dark[key] !== auto[key]) faults.push(`${key}: forced dark ${dark[key]}, system dark ${auto[key]}`);

const channel = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const luminance = (hex) => {
    const h = hex.slice(1);
    const full = h.length === 3 ? [...h].map((c) => c + c).join("") : h;
    const [r, g, b] = [0, 2, 4].map((i) => channel(Number.parseInt(full.slice(i, i + 2), 16) / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
};
const pairs = [
    ["--text", "--surface", 7], ["--text", "--bg", 7], ["--text-2", "--surface", 4.5],
    ["--text-3", "--surface", 4.5], ["--text-3", "--bg", 4.5], ["--brand", "--surface", 4.5],
    ["--on-brand", "--brand", 4.5], ["--text", "--brand-soft", 7], ["--ok", "--surface", 4.5],
    ["--warn", "--warn-soft", 4.5], ["--bad", "--bad-soft", 4.5], ["--bad", "--surface", 4.5],
    ["--on-bad", "--bad", 4.5], ["--text", "--note", 7], ["--line-strong", "--surface", 3],
    ...["pleased", "calm", "anxious", "unhappy", "angry"].map((e) => [`--emo-${e}`, `--emo-${e}-soft`, 4.5]),
];
for (const [name, theme] of [["light", light], ["dark", { ...light, ...dark }]])
    for (const [fg, bg, least] of pairs) {
        const got = contrast(theme[fg], theme[bg]);
        if (got < least) faults.push(`${name} ${fg} on ${bg}: ${got.toFixed(2)} < ${least}`);
    }
if (faults.length > 0) {
    console.error(faults.join("\n"));
    process.exit(1);
}
console.log(`tokens: ${Object.keys(light).length} names, ${pairs.length * 2} contrast pairs hold`);
