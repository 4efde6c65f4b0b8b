// SPDX-License-Identifier: Apache-2.0
// What is inside one bubble: text, picture, file, card.
import { h, linked } from "./dom";
import { lang, t } from "./i18n";
import { more } from "./kit";
import type { Card, FileInfo, Kind } from "./types";

export interface Body {
    kind: Kind;
    text?: string;
    file?: FileInfo;
    card?: Card;
    local?: { blob: File; url: string };
}

export const blank = { target: "_blank", rel: "noopener" };

export function bubble(o: Body): HTMLElement {
    const { kind, file, local, text = "" } = o;
    const href = local?.url ?? file?.url;
    const name = file?.name ?? local?.blob.name;
    if (href && kind === "image")
        return h(
            "div.b.pic",
            null,
            h("a", { href, ...blank }, h("img", { src: href, alt: `${t("image")} ${name}`, width: file?.width, height: file?.height })),
        );
    // Cards and documents are drawn by the second part; until it is there, its words stand in.
    if (more && (o.card || href)) return o.card ? more.card(o.card, "b.cd") : more.doc(href!, name, file?.bytes ?? local!.blob.size);
    // A lone emoji or two is shown large, without a bubble.
    const big = /^(\p{Extended_Pictographic}\uFE0F?){1,3}$/u.test(text) && ".big";
    return h(`div.b${big || ""}`, { lang }, ...linked(o.card?.title ?? name ?? text));
}
