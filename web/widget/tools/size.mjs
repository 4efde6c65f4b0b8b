// SPDX-License-Identifier: Apache-2.0
// The gate on what a visitor downloads: loader, page, script and style together, gzip -9.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 15360;
let total = 0;
for (const name of ["loader.js", "panel.js", "panel.css", "panel.html"]) {
    const raw = readFileSync(new URL(`../dist/${name}`, import.meta.url));
    const gz = gzipSync(raw, { level: 9 }).length;
    total += gz;
    console.log(`${name.padEnd(12)} ${String(raw.length).padStart(7)} B  gzip ${String(gz).padStart(6)} B`);
}
console.log(`${"total".padEnd(12)} ${" ".repeat(10)} gzip ${String(total).padStart(6)} B of ${LIMIT}`);
if (total > LIMIT) {
    console.error(`over the limit by ${total - LIMIT} B`);
    process.exit(1);
}
