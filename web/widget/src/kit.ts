// SPDX-License-Identifier: Apache-2.0
// The second part of the panel (more.js): dialogs, rating, message form, cards, files, emoji. It is
// fetched when one of them is first needed, and works with what the first part hands over, so nothing is shipped twice.
import { app, framed, now, tell } from "./app";
import { api, auth, call } from "./api";
import { $, blank, h } from "./dom";
import { addWords, clock, day, fill, t } from "./i18n";
import type { Card } from "./types";
import { newId } from "./outbox";

export const kit = {
    app, now, framed, tell, api, auth, call, $, h, blank, addWords, t, fill, clock, day, newId,
    sendCard: (_card: Card): void => {},
    warn: (_text: string): void => {},
    insert: (_text: string): void => {},
    toBottom: (): void => {},
    /** The second part is there: draw what waited for it. */
    arrived: (): void => {},
};
export type Kit = typeof kit;
export interface More {
    askEnd(): void;
    leave(): void;
    rating(conversation: string): HTMLElement;
    /** The server's answer to a rating; code when it was refused. */
    rated(code?: string): void;
    files(list: File[]): void;
    /** Sends a picked file again. */
    start(id: string): void;
    emoji(): void;
    card(c: Card, cls?: string): HTMLElement;
    doc(href: string, name: string | undefined, bytes: number): HTMLElement;
    /** Shows what the visitor was looking at; nothing is sent before they say so. */
    offer(c?: Card): void;
    /** Strip over the composer outside business hours. */
    notice(): void;
}

/** Address beside panel.js, with the hash of its content; from the build. */
declare const MORE_URL: string;

/** Present once loaded. */
export let more: More | undefined;
let loading: Promise<More> | undefined;
let attempt = 0;

export function withMore(use?: (m: More) => void): void {
    // A failed address is not asked twice: browsers remember that a module was not there.
    const url = MORE_URL + (attempt ? `?${attempt}` : "");
    loading ??= import(url).then((m) => {
        more = (m.default as (k: Kit) => More)(kit);
        kit.arrived();
        return more;
    });
    loading.then(use, () => {
        attempt++;
        loading = undefined;
    });
}
