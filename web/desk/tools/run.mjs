// SPDX-License-Identifier: Apache-2.0
// Runs the tool chain with a Node that is new enough. Debian 12 ships Node 18, Vite needs 20.19; the
// npm package `node` (a pinned dev dependency) carries a binary, used only when the system's is older.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const desk = join(dirname(fileURLToPath(import.meta.url)), '..');
const homes = [join(desk, 'node_modules'), join(desk, '..', 'node_modules')];

function find(rel) {
    const hit = homes.map((h) => join(h, rel)).find(existsSync);
    if (!hit) {
        console.error(`run: ${rel} not found, run "npm ci" in web/ first`);
        process.exit(1);
    }
    return hit;
}

function nodeBinary() {
    const [major, minor] = process.versions.node.split('.').map(Number);
    const fits = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
    return fits && !process.env.ZHIXIN_PINNED_NODE ? process.execPath : find('node/bin/node');
}

function run(rel, args) {
    const r = spawnSync(nodeBinary(), [find(rel), ...args], { cwd: desk, stdio: 'inherit' });
    if (r.status !== 0) process.exit(r.status ?? 1);
}

const extra = process.argv.slice(3);
const steps = {
    types: () => run('vue-tsc/bin/vue-tsc.js', ['--noEmit']),
    build: () => run('vite/bin/vite.js', ['build', ...extra]),
    dev: () => run('vite/bin/vite.js', ['--host', '127.0.0.1', ...extra]),
    unit: () => run('vitest/vitest.mjs', ['run', ...extra]),
    lint: () =>
        run('@biomejs/biome/bin/biome', ['check', 'src', 'test', 'browser', 'tools', ...extra]),
    browser() {
        if (!existsSync(join(desk, 'dist/index.html'))) steps.build();
        const tests = extra.length
            ? extra
            : readdirSync(join(desk, 'browser'))
                  .filter((f) => f.endsWith('.test.mjs'))
                  .map((f) => join('browser', f));
        const args = ['--test', '--test-concurrency=1', ...tests];
        const r = spawnSync(nodeBinary(), args, { cwd: desk, stdio: 'inherit' });
        process.exit(r.status ?? 1);
    },
    check() {
        steps.types();
        steps.lint();
        steps.unit();
        steps.build();
        const size = spawnSync(nodeBinary(), [join(desk, 'tools/size.mjs')], { stdio: 'inherit' });
        process.exit(size.status ?? 1);
    },
};
const step = steps[process.argv[2]];
if (!step) {
    console.error(`usage: run.mjs ${Object.keys(steps).join('|')}`);
    process.exit(2);
}
step();
