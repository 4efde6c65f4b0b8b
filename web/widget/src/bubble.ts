// SPDX-License-Identifier: Apache-2.0
// What is inside one bubble: text, picture, file, card.
import { framed, tell } from "./app";
import { h, icon, linked, safeUrl } from "./dom";
import { lang, t } from "./i18n";
import type { Card, FileInfo, Kind } from "./types";

export interface Body {
    kind: Kind;
    text?: string;
    file?: FileInfo;
    card?: Card;
    local?: { blob: File; url: string };
}

const blank = { target: "_blank", rel: "noopener" };

/** A card opens through the shop's page, which may keep its visitor on the same page. */
export function card(c: Card, cls = "cd"): HTMLElement {
    const href = safeUrl(c.url);
    const box = h("i", { "aria-hidden": true }, icon("i-bag"));
    // The bag stays when the picture is missing or may not be loaded.
    if (c.image) h("img", { src: c.image, alt: "", onload: (e: Event) => box.replaceChildren(e.target as Node) });
    return h(
        `${href ? "a" : "div"}.${cls}`,
        {
            href,
            ...blank,
            onclick(e: Event) {
                if (!href || !framed) return;
                e.preventDefault();
                tell("nav", { url: href });
            },
        },
        box,
        h("span", null, h("b", null, c.title), c.subtitle && h("small", null, c.subtitle), c.price && h("em", null, c.price)),
    );
}

export function bubble(o: Body): HTMLElement {
    const { kind, file, local, text = "" } = o;
    const href = local?.url ?? file?.url;
    const name = file?.name ?? local?.blob.name;
    if (kind === "card" && o.card) return card(o.card, "b.cd");
    if (href && kind === "image")
        return h(
            "div.b.pic",
            null,
            h("a", { href, ...blank }, h("img", { src: href, alt: `${t("image")} ${name}`, width: file?.width, height: file?.height })),
        );
    if (href)
        return h(
            "div.b.doc",
            null,
            icon("i-file"),
            h("a", { href, ...blank, download: name }, name),
            h("small", null, `${Math.ceil((file?.bytes ?? local!.blob.size) / 1024)} KB`),
        );
    // A lone emoji or two is shown large, without a bubble.
    const big = /^(\p{Extended_Pictographic}\uFE0F?){1,3}$/u.test(text) && ".big";
    return h(`div.b${big || ""}`, { lang }, ...linked(text));
}
