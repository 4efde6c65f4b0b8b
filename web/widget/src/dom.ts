// SPDX-License-Identifier: Apache-2.0
export const $ = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;

export const blank = { target: "_blank", rel: "noopener noreferrer nofollow" };

type Prop = string | number | boolean | null | undefined | ((e: never) => void);
export type Kid = Node | string | null | undefined | false;

/** h("p.note", {lang: "en"}, "text"): functions become handlers, the rest attributes. No HTML strings. */
export function h<T extends HTMLElement = HTMLElement>(tag: string, props?: Record<string, Prop> | null, ...kids: Kid[]): T {
    const [name, ...classes] = tag.split(".");
    const el = document.createElement(name!);
    el.className = classes.join(" ");
    for (const k in props) {
        const v = props[k];
        if (typeof v === "function") (el as unknown as Record<string, unknown>)[k] = v;
        else if (v != null && v !== false) el.setAttribute(k, v === true ? "" : String(v));
    }
    for (const kid of kids) if (kid) el.append(kid);
    return el as T;
}

/** Text with its http(s) addresses as links; no other scheme ever becomes one. */
export function linked(text: string): (Node | string)[] {
    return text.split(/(https?:\/\/[^\s<>"'，。！？；：、）》」』】]+)/).map((part, i) => (i % 2 ? h("a", { href: part, ...blank }, part) : part));
}
