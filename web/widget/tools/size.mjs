// SPDX-License-Identifier: Apache-2.0
// The gates on what a visitor downloads, gzip -9. First: loader, page, script and style together, which
// is all that a talk of words in the shop's language needs. Then each part that is fetched when needed.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const FIRST = 15360;
const LATER = { more: 6144, "zh-TW": 2048, en: 2048 };
const dist = new URL("../dist/", import.meta.url);
let total = 0;
let bad = false;
function measure(name, limit) {
    const raw = readFileSync(new URL(name, dist));
    const gz = gzipSync(raw, { level: 9 }).length;
    console.log(`${name.padEnd(30)} ${String(raw.length).padStart(7)} B  gzip ${String(gz).padStart(6)} B${limit ? ` of ${limit}` : ""}`);
    if (limit && gz > limit) bad = true;
    return gz;
}
const assets = readdirSync(new URL("assets", dist)).sort();
for (const name of ["loader.js", "panel.html", ...assets.filter((n) => n.startsWith("panel-")).map((n) => `assets/${n}`)]) total += measure(name);
console.log(`${"loader + panel".padEnd(30)} ${" ".repeat(10)} gzip ${String(total).padStart(6)} B of ${FIRST}`);
for (const name of assets.filter((n) => !n.startsWith("panel-"))) measure(`assets/${name}`, LATER[name.replace(/-[^-]*$/, "")] ?? 1);
if (total > FIRST) bad = true;
if (bad) {
    console.error(`over a limit (loader + panel: ${total - FIRST} B)`);
    process.exit(1);
}
