// SPDX-License-Identifier: Apache-2.0
// Builds web/widget/dist: loader.js, panel.html, panel.js, panel.css and one file per extra language.
// Runs on Node 18 and newer.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const at = (p) => fileURLToPath(new URL(p, new URL("../", import.meta.url)));
const out = at("dist/");
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const common = {
    bundle: true, minify: true, charset: "utf8", legalComments: "none", target: ["chrome100", "firefox100", "safari15.4"],
    logLevel: "warning",
};
/** The loader's style sheet is a string: squeeze it as a style sheet. */
const squeezeCss = {
    name: "squeeze-css",
    setup(b) {
        b.onLoad({ filter: /loader\.ts$/ }, async (args) => {
            const src = readFileSync(args.path, "utf8");
            const m = /const CSS = `([^`]*)`/.exec(src);
            const { code } = await transform(m[1], { loader: "css", minify: true });
            return { contents: src.replace(m[0], () => `const CSS = ${JSON.stringify(code.trim())}`), loader: "ts" };
        });
    },
};
await build({ ...common, entryPoints: [at("src/loader.ts")], outfile: `${out}loader.js`, format: "iife", plugins: [squeezeCss] });
await build({ ...common, entryPoints: [at("src/panel.ts")], outfile: `${out}panel.js`, format: "esm", external: ["./*.js"], logOverride: { "empty-glob": "silent" } });
/** The style of the second part travels inside it, without a second request. */
const cssText = {
    name: "css-text",
    setup(b) {
        b.onLoad({ filter: /more\.css$/ }, async (args) => {
            const { code } = await transform(readFileSync(args.path, "utf8"), { loader: "css", minify: true });
            return { contents: code.trim(), loader: "text" };
        });
    },
};
await build({ ...common, entryPoints: [at("src/more.ts")], outfile: `${out}more.js`, format: "esm", plugins: [cssText] });
for (const lang of ["zh-TW", "en"])
    await build({ ...common, entryPoints: [at(`src/i18n/${lang}.ts`)], outfile: `${out}${lang}.js`, format: "esm" });

/** tokens.css without the names that the panel does not use. */
function tokens(used) {
    const css = readFileSync(at("../shared/tokens.css"), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
    return css.replace(/^\s*(--[\w-]+):[^;]*;\n/gm, (line, name) => (used.has(name) ? line : ""));
}
const panel = readFileSync(at("src/panel.css"), "utf8");
const used = new Set([...(panel + readFileSync(at("src/more.css"), "utf8")).matchAll(/var\((--[\w-]+)/g)].map((m) => m[1]));
const css = await transform(tokens(used) + panel, { loader: "css", minify: true, target: common.target, charset: "utf8" });
writeFileSync(`${out}panel.css`, css.code);

const html = readFileSync(at("src/panel.html"), "utf8")
    .replace(/<!--[\s\S]*?-->/g, "").replace(/\n+/g, "\n").trim().replace(/>\n</g, "><");
writeFileSync(`${out}panel.html`, `${html}\n`);
