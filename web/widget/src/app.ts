// SPDX-License-Identifier: Apache-2.0
// The one state of the panel. Parts read it freely; only panel.ts creates what is in it.
import type { Link } from "./link";
import type { Outbox } from "./outbox";
import type { Store } from "./store";
import { Thread } from "./thread";
import type { Identity, Meta, Page, Session } from "./types";

interface App {
    session?: Session;
    identity?: Identity;
    page?: Page;
    /** What the shop's page says the visitor is after; goes with a request for a person. */
    context?: Record<string, unknown>;
    conversation: string | null;
    meta: Meta;
    open: boolean;
    nextOpen?: number | null;
    visible?: boolean;
    agentRead: number;
    myRead: number;
    /** Server clock minus ours. */
    skew: number;
    typing?: boolean;
    /** The first message of the talk is loaded. */
    atStart?: boolean;
    /** Conversation that was rated, so that we ask once. */
    rated?: string;
    thread: Thread;
    link: Link;
    outbox: Outbox;
    store: Store;
}
export const app = {
    conversation: null,
    meta: { state: "none" },
    open: true,
    agentRead: 0,
    myRead: 0,
    skew: 0,
    thread: new Thread(),
} as unknown as App;

export const now = (): number => Date.now() + app.skew;
export const talking = (): boolean => /^[qow]/.test(app.meta.state);

/** The page around us, when the loader put us there. */
let port: MessagePort | undefined;
export const setPort = (p: MessagePort): void => {
    port = p;
};
export const tell = (t: string, data?: Record<string, unknown>): void => port?.postMessage({ t, ...data });
export const framed = parent !== window;
