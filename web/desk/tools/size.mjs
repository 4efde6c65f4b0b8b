// SPDX-License-Identifier: Apache-2.0
// Gate: what the first route loads, gzip -9. Follows static imports of the entry and of the workbench.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const manifest = JSON.parse(readFileSync(join(dist, 'assets/manifest.json'), 'utf8'));
// Of the script, Vue with router and store is about 41 KB, virtua 4, the words of the first language 8; the
// rest is the workbench. The aim is 90 KB; what an open conversation needs is the next part to split off.
const limits = { js: 105 * 1024, css: 12 * 1024 };
const seen = new Set();
const files = { js: new Set(), css: new Set() };

function walk(key) {
    if (seen.has(key)) return;
    seen.add(key);
    const chunk = manifest[key];
    files.js.add(chunk.file);
    for (const css of chunk.css ?? []) files.css.add(css);
    for (const dep of chunk.imports ?? []) walk(dep);
}

walk('index.html');
walk('src/features/shell/Shell.vue');
walk('src/views/ChatView.vue');
let bad = false;
for (const kind of ['js', 'css']) {
    let total = 0;
    for (const f of files[kind]) {
        const gz = gzipSync(readFileSync(join(dist, f)), { level: 9 }).length;
        total += gz;
        console.log(`  ${String(gz).padStart(7)} B gz  ${f}`);
    }
    const over = total > limits[kind];
    bad ||= over;
    console.log(`${kind}: ${total} B gz of ${limits[kind]} ${over ? 'OVER' : 'ok'}`);
}
process.exit(bad ? 1 : 0);
