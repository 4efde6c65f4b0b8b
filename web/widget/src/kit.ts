// SPDX-License-Identifier: Apache-2.0
// The second part of the panel (more.js): dialogs, rating, message form, files, emoji. It is fetched
// once the panel stands, and works with what the first part hands over, so nothing is shipped twice.
import { app, framed, now, tell } from "./app";
import { api, auth, call } from "./api";
import { $, h, icon, safeUrl } from "./dom";
import { addWords, clock, day, fill, t } from "./i18n";
import type { Card } from "./types";
import { newId } from "./outbox";

export const kit = {
    app, now, framed, tell, api, auth, call, $, h, icon, safeUrl, addWords, t, fill, clock, day, newId,
    sendCard: (_card: Card): void => {},
    warn: (_text: string): void => {},
    insert: (_text: string): void => {},
    toBottom: (): void => {},
};
export type Kit = typeof kit;
export interface More {
    askEnd(): void;
    leave(): void;
    rating(conversation: string): HTMLElement;
    rated(): void;
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

/** Present once loaded. */
export let more: More | undefined;
let loading: Promise<More> | undefined;
let attempt = 0;

export function withMore(use?: (m: More) => void): void {
    // A variable, so that the bundler leaves the import alone; a failed address is not asked twice.
    const url = `./more.js${attempt++ ? `?${attempt}` : ""}`;
    loading ??= import(url).then(
        (m) => (more = (m.default as (k: Kit) => More)(kit)),
    );
    loading.then(use, () => {
        loading = undefined;
    });
}
