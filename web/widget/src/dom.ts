// SPDX-License-Identifier: Apache-2.0
export const $ = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;

type Prop = string | number | boolean | null | undefined | ((e: never) => void);
export type Kid = Node | string | null | undefined | false;

/** h("p.note", {lang: "en"}, "text"): functions become handlers, the rest attributes. No HTML strings. */
export function h<T extends HTMLElement = HTMLElement>(tag: string, props?: Record<string, Prop> | null, ...kids: Kid[]): T {
    const [name, ...classes] = tag.split(".");
    const el = document.createElement(name!);
    if (classes.length > 0) el.className = classes.join(" ");
    for (const k in props) {
        const v = props[k];
        if (typeof v === "function") (el as unknown as Record<string, unknown>)[k] = v;
        else if (v != null && v !== false) el.setAttribute(k, v === true ? "" : String(v));
    }
    for (const kid of kids) if (kid) el.append(kid);
    return el as T;
}

export function icon(id: string): SVGSVGElement {
    const ns = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(ns, "svg");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(ns, "use");
    use.setAttribute("href", `#${id}`);
    svg.append(use);
    return svg;
}

/** Text with its http(s) addresses as links; no other scheme ever becomes one. */
export function linked(text: string): (Node | string)[] {
    return text.split(/(https?:\/\/[^\s<>"'，。！？；：、）》」』】]+)/).map((part, i) =>
        i % 2 ? h("a", { href: part, target: "_blank", rel: "noopener noreferrer nofollow" }, part) : part,
    );
}

export const safeUrl = (url: string | undefined): string | undefined =>
    url && /^https?:\/\//i.test(url) ? url : undefined;
