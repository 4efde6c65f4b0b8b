// SPDX-License-Identifier: Apache-2.0
// What is inside one bubble: text, picture, file, card.
import { blank, h, linked } from "./dom";
import { lang, t } from "./i18n";
import { more, withMore } from "./kit";
import type { Card, FileInfo, Kind } from "./types";

export interface Body {
    kind: Kind;
    text?: string;
    file?: FileInfo;
    card?: Card;
    local?: { blob: File; url: string };
}

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
    if (o.card || href) withMore();
    if (more && (o.card || href)) return o.card ? more.card(o.card, "b.cd") : more.doc(href!, name, file?.bytes ?? local!.blob.size);
    return h("div.b", { lang }, ...linked(o.card?.title ?? name ?? text));
}
