// SPDX-License-Identifier: Apache-2.0
// The second part of the panel (more.js): dialogs, rating, message form, files, emoji. It is fetched
// once the panel stands, and works with what the first part hands over, so nothing is shipped twice.
import { app, now } from "./app";
import { api, auth, call } from "./api";
import { $, h, icon } from "./dom";
import { addWords, t } from "./i18n";
import { newId } from "./outbox";

export const kit = {
    app, now, api, auth, call, $, h, icon, addWords, t, newId,
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
}

/** Present once loaded. */
export let more: More | undefined;
let loading: Promise<More> | undefined;
let attempt = 0;

export function withMore(use?: (m: More) => void): void {
    loading ??= import(/* @vite-ignore */ `./more.js${attempt++ ? `?${attempt}` : ""}`).then(
        (m) => (more = (m.default as (k: Kit) => More)(kit)),
    );
    loading.then(use, () => {
        loading = undefined;
    });
}
