// SPDX-License-Identifier: Apache-2.0
// Builds web/widget/dist as the server serves it:
//   loader.js            /widget/loader.js, a stable address with a short life
//   panel.html           /widget/panel, the page in the frame
//   assets/NAME-HASH.EXT /widget/assets/…, immutable: panel.js, panel.css, more.js, one file per extra language
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { minify } from "terser";

const at = (p) => fileURLToPath(new URL(p, new URL("../", import.meta.url)));
const out = at("dist/");
const target = ["chrome105", "firefox121", "safari16.4"];
const read = (p) => readFileSync(at(p), "utf8");
/** Custom properties get short names, the same in all style sheets; --l and --d are set by theme.ts. */
const short = new Map([["--l", "--l"], ["--d", "--d"]]);
const squeeze = async (css, rename = true) =>
    (await transform(css, { loader: "css", minify: true, charset: "utf8", target })).code.trim()
        .replace(/(--[\w-]+)(: )?/g, (all, name, colon) => {
            if (!rename) return all;
            if (!short.has(name)) short.set(name, `--v${short.size.toString(36)}`);
            return short.get(name) + (colon ? ":" : "");
        });

/** The loader's style sheet is a string in it, the second part imports its own as text: squeeze both. */
const styles = {
    name: "styles",
    setup(b) {
        b.onLoad({ filter: /loader\.ts$/ }, async (args) => {
            const src = readFileSync(args.path, "utf8");
            const m = /const CSS = `([^`]*)`/.exec(src);
            const css = await squeeze(m[1], false);
            return { contents: src.replace(m[0], () => `const CSS = ${JSON.stringify(css)}`), loader: "ts" };
        });
        b.onLoad({ filter: /more\.css$/ }, async (args) => ({
            contents: await squeeze(tokens((n) => later.has(n) && !first.has(n)) + readFileSync(args.path, "utf8")), loader: "text",
        }));
    },
};
/** Names that no frame, message or page uses: private ones (with _ at the end) and those of app.ts, outbox.ts, kit.ts. */
const OURS = "agentRead|myRead|nextOpen|atStart|outbox|thread|visible|skew|lasting|authorise|expired|hurry|changed|sendCard|toBottom|insert|"
    + "addWords|askEnd|rated|withMore|local|newId|arrived|actions|later|fill|who|sys|sig";
let mangleCache = {};
/** One script. */
async function script(entry, format, define = {}) {
    const r = await build({
        entryPoints: [at(`src/${entry}.ts`)], bundle: true, write: false, minifySyntax: true, charset: "utf8", legalComments: "none",
        target, logLevel: "warning", format, define, plugins: [styles], mangleProps: new RegExp(`[^_]_$|^(${OURS})$`), mangleCache, logOverride: { "unsupported-dynamic-import": "silent" },
    });
    mangleCache = { ...mangleCache, ...r.mangleCache };
    const { code } = await minify(r.outputFiles[0].text, {
        module: format === "esm", ecma: 2020, format: { ascii_only: false },
        compress: { passes: 3, ecma: 2020, unsafe_arrows: true, pure_getters: true, keep_fargs: false },
    });
    return code;
}
/** Writes an immutable file and returns its name. */
function asset(name, ext, text) {
    const hash = createHash("sha256").update(text).digest("hex").slice(0, 8);
    writeFileSync(`${out}assets/${name}-${hash}.${ext}`, text);
    return `${name}-${hash}.${ext}`;
}
/** The part of tokens.css with the names that pass, and without the copy for "as the system": panel.ts names the theme. */
const tokens = (wanted) =>
    read("../shared/tokens.css").replace(/\/\*[\s\S]*?\*\//g, "").replace(/@media \([\s\S]*?\n\}\n/g, "")
        .replace(/^\s*(--[\w-]+):[^;]*;\n/gm, (line, name) => (wanted(name) ? line : ""));
const names = (css) => new Set([...css.matchAll(/var\((--[\w-]+)/g)].map((m) => m[1]));
const panelCss = read("src/panel.css");
const first = names(panelCss);
const later = names(read("src/more.css"));

rmSync(out, { recursive: true, force: true });
mkdirSync(`${out}assets`, { recursive: true });
writeFileSync(`${out}loader.js`, await script("loader", "iife"));
const more = asset("more", "js", await script("more", "esm"));
const langs = {};
for (const lang of ["zh-TW", "en"]) langs[lang] = `./${asset(lang, "js", await script(`i18n/${lang}`, "esm"))}`;
const panel = asset("panel", "js", await script("panel", "esm", { MORE_URL: JSON.stringify(`./${more}`), LANG_URLS: JSON.stringify(langs) }));
const style = asset("panel", "css", await squeeze(tokens((n) => first.has(n)) + panelCss));
const html = read("src/panel.html").replace(/<!--[\s\S]*?-->/g, "").replace(/\n+/g, "\n").trim().replace(/>\n</g, "><")
    .replace("panel.css", `assets/${style}`).replace("panel.js", `assets/${panel}`);
writeFileSync(`${out}panel.html`, `${html}\n`);
