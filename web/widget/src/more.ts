// SPDX-License-Identifier: Apache-2.0
import { zhCNMore } from "./i18n/zh-CN";
import type { Key } from "./i18n";
import type { Kit, More } from "./kit";
import type { Card, FileInfo } from "./types";
import CSS from "./more.css";

const EMOJI = "😊 😄 😂 🥰 😘 😅 🤔 😮 😢 😭 😡 😴 👍 👌 🙏 👏 💪 🤝 ❤️ 🎉 🌹 🎁 ☕ 🍵".split(" ");
const MAX_FILES = 9;
const CONTACT = /^\s*([^\s@]+@[^\s@]+\.[^\s@]+|\+?[\d\s-]{7,20})\s*$/;

export default (k: Kit): More => {
    const { app, $, h, blank, t } = k;
    k.addWords(zhCNMore);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

    function draw(shape: string): SVGSVGElement {
        const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        svg.setAttribute("viewBox", "0 0 24 24");
        svg.ariaHidden = "true";
        svg.innerHTML = shape;
        return svg;
    }
    const bag = () => draw('<path d="M6 8h12l1 12H5zM9 8a3 3 0 0 1 6 0"/>');

    /* ---- dialog ---- */
    const dlg = $<HTMLDialogElement>("dlg");
    const shut = () => dlg.close();
    function dialog(title: string, ...kids: Node[]): void {
        dlg.replaceChildren(h("h2", { id: "dlg-t" }, title), ...kids);
        if (!dlg.open) dlg.showModal();
    }
    const button = (cls: string, key: Key, onclick?: () => void) =>
        h<HTMLButtonElement>(`button.${cls}`, { type: onclick ? "button" : "submit", onclick }, t(key));

    const askEnd = () =>
        dialog(
            t("endAsk"),
            h("p", null, t("endNote")),
            h(
                "div.acts",
                null,
                button("ghost", "endNo", shut),
                button("main", "end", () => {
                    app.link.send({ type: "close" });
                    shut();
                }),
            ),
        );

    /* ---- message form ---- */
    function leave(): void {
        const err = h("p.err", { role: "alert", id: "err" });
        const field = (tag: string, key: Key, props: Record<string, string | number>) => {
            const el = h<HTMLInputElement>(`${tag}.field`, { maxlength: 120, ...props });
            return { el, label: h("label", null, t(key), el) };
        };
        const name = field("input", "leaveName", { autocomplete: "name" });
        const contact = field("input", "leaveContact", { autocomplete: "email" });
        const text = field("textarea", "leaveText", { rows: 4, maxlength: 2000 });
        const go = button("main", "leaveSend");
        text.el.value = app.store.get<string>("leave") ?? "";
        text.el.oninput = () => app.store.set("leave", text.el.value);
        const wrong = (el: HTMLInputElement, key: Key) => {
            err.textContent = t(key);
            el.setAttribute("aria-invalid", "true");
            el.setAttribute("aria-describedby", "err");
            el.focus();
        };
        const onsubmit = async (e: Event) => {
            e.preventDefault();
            for (const f of [name, contact, text]) f.el.removeAttribute("aria-invalid");
            err.textContent = "";
            if (!CONTACT.test(contact.el.value)) return wrong(contact.el, "leaveBad");
            if (!text.el.value.trim()) return wrong(text.el, "leaveEmpty");
            go.disabled = true;
            try {
                const { receipt } = await k.call<{ receipt: string }>("offline", {
                    name: name.el.value.trim(),
                    contact: contact.el.value.trim(),
                    text: text.el.value.trim(),
                });
                app.store.set("leave", null);
                dialog(
                    t("leaveDone"),
                    h("p", { role: "status" }, t("leaveCode", { code: receipt })),
                    h("div.acts", null, button("main", "ok", shut)),
                );
            } catch (x) {
                const { code, wait } = x as { code?: string; wait?: number };
                err.textContent = wait
                    ? t("busy", { n: wait / 1e3 })
                    : typeof code === "string"
                      ? t("refused", { code })
                      : t("leaveFail");
                go.disabled = false;
            }
        };
        dialog(
            t("leave"),
            h("p", null, t("leaveLead")),
            h(
                "form",
                { novalidate: true, onsubmit },
                name.label,
                contact.label,
                text.label,
                err,
                h("div.acts", null, button("ghost", "cancel", shut), go),
            ),
        );
    }

    /* ---- rating ---- */
    let taken: ((code?: string) => void) | undefined;
    function face(i: number): SVGSVGElement {
        const bend = (i - 3) * 2.2;
        return draw(`<circle cx="12" cy="12" r="9.5"/><path d="M8 ${15.5 - bend / 3}q4 ${bend} 8 0M9 9.5h0M15 9.5h0"/>`);
    }
    function rating(conversation: string): HTMLElement {
        const thanks = () => {
            return h("div.sheet.done", { role: "status" }, draw('<path d="m5 13 4 4L19 7"/>'), h("p", null, t("rateThanks")));
        };
        if (app.rated === conversation) return thanks();
        let score = 0;
        const tags = new Set<string>();
        const chips = h("div.tags", { role: "group", "aria-label": t("rateAsk") });
        const note = h<HTMLTextAreaElement>("textarea.field", {
            rows: 2, maxlength: 500, placeholder: t("rateNote"), "aria-label": t("rateNote"),
        });
        const rest = h("div", { hidden: true }, chips, note, button("main", "rateSend"));
        const chip = (word: string) => {
            const el = h("button.chip", { type: "button", "aria-pressed": "false" }, word);
            el.onclick = () => {
                if (!tags.delete(word)) tags.add(word);
                el.setAttribute("aria-pressed", String(tags.has(word)));
            };
            return el;
        };
        const pick = (n: number) => {
            if (!score || score > 3 !== n > 3) {
                tags.clear();
                chips.replaceChildren(...t(n > 3 ? "good" : "bad").split("|").map(chip));
            }
            score = n;
            rest.hidden = false;
            k.toBottom();
        };
        const form = h(
            "form.sheet",
            {
                onsubmit(e: Event) {
                    e.preventDefault();
                    if (!app.link.send({ type: "rate", score, tags: [...tags], note: note.value.trim() })) return;
                    taken = (code) => {
                        taken = undefined;
                        if (code) return;
                        app.rated = conversation;
                        app.store.set("rated", conversation);
                        form.replaceWith(thanks());
                        k.toBottom();
                    };
                },
            },
            h(
                "fieldset",
                null,
                h("legend", null, t("rateAsk")),
                h(
                    "div.five",
                    null,
                    ...[1, 2, 3, 4, 5].map((n) =>
                        h(
                            "label",
                            null,
                            h("input", { type: "radio", name: "score", value: n, onchange: () => pick(n) }),
                            face(n),
                            h("span", null, t(`rate${n}` as Key)),
                        ),
                    ),
                ),
            ),
            rest,
        );
        return form;
    }

    /* ---- files ---- */
    /** XMLHttpRequest because fetch cannot tell how far an upload is. */
    function start(id: string): void {
        const o = app.outbox.find(id);
        if (!o?.local) return;
        const { blob } = o.local;
        const x = new XMLHttpRequest();
        const failed = (code: string) => app.outbox.fail(id, code);
        x.open("POST", k.api("uploads"));
        x.setRequestHeader("Authorization", k.auth().Authorization ?? "");
        x.setRequestHeader("Content-Type", blob.type || "application/octet-stream");
        x.setRequestHeader("X-File-Name", encodeURIComponent(blob.name));
        x.responseType = "json";
        x.upload.onprogress = (e) => {
            const bar = document.querySelector<HTMLProgressElement>(`[data-id="${id}"]`);
            if (bar) bar.value = e.loaded / (e.total || 1);
        };
        x.onload = () => {
            const file = x.response?.file as FileInfo | undefined;
            const wait = 1e3 * Number(x.getResponseHeader("Retry-After"));
            if (x.status === 429 && wait) setTimeout(start, wait, id);
            else if (file) app.outbox.ready(id, file);
            else failed(x.response?.error?.code ?? `http.${x.status}`);
        };
        x.onerror = () => failed("offline");
        x.send(blob);
    }
    function fault(file: File): string {
        const { file_bytes: most, file_types: types } = app.session!.limits;
        const { name, size } = file;
        if (!types.some((x) => x === file.type || (x.endsWith("/*") && file.type.startsWith(x.slice(0, -1)))))
            return t("badType", { name });
        return size > most ? t("tooBig", { name, mb: Math.floor(most / 1048576) }) : "";
    }
    function files(list: File[]): void {
        if (!app.session) return;
        let text = list.length > MAX_FILES ? t("tooMany", { n: MAX_FILES }) : "";
        for (const blob of list.slice(0, MAX_FILES)) {
            const bad = fault(blob);
            if (bad) {
                text = bad;
                continue;
            }
            const id = k.newId();
            app.outbox.add({
                id,
                kind: blob.type.startsWith("image/") ? "image" : "file",
                at: k.now(),
                state: "upload",
                local: { blob, url: URL.createObjectURL(blob) },
            });
            start(id);
        }
        k.toBottom();
        k.warn(text);
    }

    /* ---- emoji ---- */
    function emoji(): void {
        const emo = $("emo");
        if (!emo.firstChild) {
            emo.append(...EMOJI.map((x) => h("button", { type: "button", onclick: () => k.insert(x) }, x)));
            emo.onkeydown = (e) => {
                const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[e.key];
                const all = [...emo.children] as HTMLElement[];
                if (!step) return;
                e.preventDefault();
                all[(all.indexOf(document.activeElement as HTMLElement) + step + all.length) % all.length]!.focus();
            };
        }
        emo.hidden = !emo.hidden;
        $("emoji").setAttribute("aria-expanded", String(!emo.hidden));
        (emo.hidden ? $("hintTouch") : (emo.firstElementChild as HTMLElement)).focus();
    }

    /* ---- cards ---- */
    /** A card opens through the shop's page, which may keep its visitor on the same page. */
    function card(c: Card, cls = "cd"): HTMLElement {
        const href = /^https?:\/\//i.test(c.url ?? "") && c.url;
        const box = h("i", { "aria-hidden": true }, bag());
        // The bag stays when the picture is missing or may not be loaded.
        if (c.image) h("img", { src: c.image, alt: "", onload: (e: Event) => box.replaceChildren(e.target as Node) });
        return h(
            `${href ? "a" : "div"}.${cls}`,
            {
                href,
                ...(href && blank),
                onclick(e: Event) {
                    if (!href || !k.framed) return;
                    e.preventDefault();
                    k.tell("nav", { url: href });
                },
            },
            box,
            h("span", null, h("b", null, c.title), c.subtitle && h("small", null, c.subtitle), c.price && h("em", null, c.price)),
        );
    }
    const doc = (href: string, name: string | undefined, bytes: number) =>
        h(
            "div.b.doc",
            null,
            draw('<path d="M14 3H7v18h11V7zM14 3v4h4M10 12h5M10 16h5"/>'),
            h("a", { href, ...blank, download: name }, name),
            h("small", null, bytes < 1e6 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`),
        );
    function offer(c?: Card): void {
        const el = $("offer");
        // The same thing is offered once, not on every page that is opened.
        const id = c && (c.url ?? c.title);
        el.hidden = !c || app.store.get("offered") === id;
        if (!c || el.hidden) return;
        const act = (cls: string, key: "give" | "dismiss") =>
            button(cls, key, () => {
                offer();
                app.store.set("offered", id);
                if (key === "give") k.sendCard(c);
                $("hintTouch").focus();
            });
        el.replaceChildren(card(c), act("ghost", "dismiss"), act("chip", "give"));
    }
    function notice(): void {
        const { session: s, open, nextOpen: at } = app;
        const el = $("notice");
        el.hidden = !s || open;
        if (!s || open) return;
        const d = at && k.day(at, k.now());
        const time = at ? `${d === t("today") ? "" : `${d} `}${k.clock(at)}` : "";
        el.replaceChildren(
            h("p", null, k.fill(s.channel.offline_text ?? "") || t("away"), time && ` ${t("opens", { time })}`),
            button("ghost", "leave", leave),
        );
    }

    return { card, doc, offer, notice, askEnd, leave, rating, rated: (code) => taken?.(code), files, start, emoji };
};
