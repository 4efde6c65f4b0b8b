// SPDX-License-Identifier: Apache-2.0
// Server time and the one 1 Hz tick. Nothing else in the workbench may start a per-second timer.
import { type Ref, shallowRef } from 'vue';

let offsetMs = 0;
let bestRttMs = Number.POSITIVE_INFINITY;
let bestAt = 0;
let timer = 0;

/** Server time of the last tick, in ms. Read it in a template to be re-rendered each second. */
export const now: Ref<number> = shallowRef(Date.now());

export function serverNow(): number {
    return Date.now() + offsetMs;
}

/**
 * One round trip: the server said `serverMs` between `sentAt` and `heardAt` (local). The sample with
 * the shortest trip wins, because half of the trip is the error; it ages out after 10 minutes.
 */
export function clockSample(serverMs: number, sentAt: number, heardAt: number) {
    const rtt = heardAt - sentAt;
    if (rtt < 0 || !Number.isFinite(serverMs)) return;
    if (rtt > bestRttMs && heardAt - bestAt < 600_000) return;
    bestRttMs = rtt;
    bestAt = heardAt;
    offsetMs = serverMs + rtt / 2 - heardAt;
    now.value = serverNow();
}

export function clockOffset(): number {
    return offsetMs;
}

export function clockReset() {
    offsetMs = 0;
    bestRttMs = Number.POSITIVE_INFINITY;
}

function beat() {
    const t = serverNow();
    now.value = t;
    // Aligned to the server's full second, so that every countdown on the screen turns together.
    timer = window.setTimeout(beat, 1000 - (t % 1000) + 5);
}

export function clockStart() {
    if (timer) return;
    beat();
}
