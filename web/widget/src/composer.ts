// SPDX-License-Identifier: Apache-2.0
// Writing and sending. Enter sends, but never while an input method composes.
import { app, now, tell } from "./app";
import { $ } from "./dom";
import { t } from "./i18n";
import { kit, more, withMore } from "./kit";
import { newId } from "./outbox";
import type { Card, Kind } from "./types";
import { actions, render, toBottom } from "./view";

/** A key that sends. Safari ends the composition before the key event: only 229 tells there. */
export const sends = (e: Pick<KeyboardEvent, "key" | "shiftKey" | "isComposing" | "keyCode">): boolean =>
    e.key === "Enter" && !e.shiftKey && !e.isComposing && e.keyCode !== 229;

const area = () => $<HTMLTextAreaElement>("hintTouch");
const button = () => $<HTMLButtonElement>("send");

let typingSent = 0;
let typingTimer: number;
function typing(on: boolean): void {
    clearTimeout(typingTimer);
    if (on) {
        typingTimer = setTimeout(typing, 4e3, false) as unknown as number;
        if (Date.now() - typingSent < 1500) return;
    } else if (!typingSent) return;
    typingSent = on ? Date.now() : 0;
    app.link.send({ type: "typing", on, text: app.session?.channel.typing_preview && on ? [...area().value].slice(0, 200).join("") : undefined });
}

export function warn(text: string): void {
    const el = $("count");
    if (el.textContent !== text) el.textContent = text;
}

function changed(): void {
    const el = area();
    const left = (app.session?.limits.text_chars ?? 2000) - [...el.value].length;
    el.style.height = "auto";
    el.style.height = `${el.scrollHeight}px`;
    warn(left < 0 ? t("over", { n: -left }) : left < 200 ? t("left", { n: left }) : "");
    $("count").className = left < 0 ? "bad" : "";
    button().disabled = left < 0 || !el.value.trim();
    app.store.set("draft", el.value || null);
}

function send(o: { kind: Kind; text?: string; card?: Card }): void {
    app.outbox.add({ ...o, id: newId(), at: now(), state: "wait" });
    toBottom();
}

export const sendText = (text: string): void => {
    if (text.trim()) send({ kind: "text", text: text.trim() });
};
export const sendCard = (card: Card): void => send({ kind: "card", card });

function pickFiles(list: FileList | null | undefined): boolean {
    const files = [...(list ?? [])];
    if (files[0]) withMore((m) => m.files(files));
    return !!files[0];
}

export function composer(): void {
    const el = area();
    const pick = $<HTMLInputElement>("pick");
    const emo = $("emo");
    const submit = (e: Event) => {
        e.preventDefault();
        if (button().disabled) return;
        sendText(el.value);
        el.value = "";
        changed();
        typing(false);
        el.focus();
    };
    actions.say = sendText;
    // Asks for a person before anything is written: the shop's clock starts now.
    actions.start = () => app.link.send({ type: "start", client_id: newId(), context: { ...app.context, url: app.page?.url } });
    actions.retry = (id) => {
        const o = app.outbox.find(id);
        if (o?.local && !o.file) {
            o.state = "upload";
            render();
            withMore((m) => m.start(id));
        } else app.outbox.retry(id);
    };
    kit.warn = warn;
    kit.toBottom = toBottom;
    kit.sendCard = sendCard;
    kit.insert = (text) => {
        el.setRangeText(text, el.selectionStart, el.selectionEnd, "end");
        changed();
    };
    el.value = app.store.get<string>("draft") ?? "";
    changed();
    el.oninput = () => {
        changed();
        typing(!!el.value);
    };
    el.onkeydown = (e) => {
        if (sends(e)) submit(e);
    };
    $("form").onsubmit = submit;
    el.onpaste = (e) => {
        if (pickFiles(e.clipboardData?.files)) e.preventDefault();
    };
    document.ondragover = (e) => e.preventDefault();
    document.ondrop = (e) => {
        e.preventDefault();
        pickFiles(e.dataTransfer?.files);
    };
    $("attach").onclick = () => {
        pick.accept = app.session?.limits.file_types.join() ?? "";
        pick.click();
    };
    pick.onchange = () => {
        pickFiles(pick.files);
        pick.value = "";
    };
    $("emoji").onclick = () => withMore((m) => m.emoji());
    document.onkeydown = (e) => {
        if (e.key !== "Escape" || e.isComposing || $<HTMLDialogElement>("dlg").open) return;
        if (emo.hidden) tell("close");
        else more?.emoji();
    };
}
