// SPDX-License-Identifier: Apache-2.0
// Runs the browser tests one after the other, each bounded in time: npm run browser [-- WORD]
// ZHIXIN_URL: a running demo server; else build/zhixin is started; else, or with ZHIXIN_MOCK=1, the mock.
// SHOTS=folder keeps a picture of each state.
import { browser, proxy, server, sleep } from "./lib.mjs";
import states from "./states.mjs";
import talk from "./talk.mjs";

const LIMIT_MS = 60_000;
const word = process.argv[2] ?? "";
const tests = Object.entries({ ...talk, ...states }).filter(([name]) => name.includes(word));
let passed = 0;
let failed = 0;
const s = await server();
const p = await proxy(s.url);
const b = await browser();
console.log(`server: ${s.name}, Chromium ${b.version()}`);
for (const [name, run] of tests) {
    const undo = [];
    const start = Date.now();
    try {
        const t = { b, server: s, proxy: p, later: (f) => undo.push(f) };
        await Promise.race([run(t), sleep(LIMIT_MS).then(() => { throw new Error(`over ${LIMIT_MS} ms`); })]);
        passed++;
        console.log(`ok   ${name} (${Date.now() - start} ms)`);
    } catch (e) {
        failed++;
        console.log(`FAIL ${name} (${Date.now() - start} ms)\n${e.stack ?? e}`);
    }
    p.restore();
    for (const f of undo.reverse()) await Promise.race([Promise.resolve().then(f).catch((e) => console.log(`     clearing up: ${e.message}`)), sleep(5000)]);
}
await b.close();
p.close();
await s.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);
