// SPDX-License-Identifier: Apache-2.0
// Tones by WebAudio (no files) and desktop notifications. Browsers keep sound locked until a gesture:
// `locked` tells the rail to show the hint. One tab rings: the one that holds the Web Lock.
import { ref } from 'vue';
import { prefs } from './prefs';

export type Tone = 'chat' | 'message' | 'warning' | 'crisis' | 'test';
const NOTES: Record<Tone, [hz: number, at: number][]> = {
    chat: [
        [659, 0],
        [880, 0.13],
    ],
    message: [[784, 0]],
    warning: [
        [587, 0],
        [587, 0.16],
    ],
    crisis: [
        [523, 0],
        [659, 0.12],
        [523, 0.24],
    ],
    test: [
        [659, 0],
        [880, 0.13],
    ],
};
const GAP_MS = 3000;

export const locked = ref(true);
let audio: AudioContext | null = null;
let lastAt = 0;
let leader = !('locks' in navigator);
let onClick: (conversation: string) => void = () => {};

export function soundStart(open: (conversation: string) => void) {
    onClick = open;
    const unlock = () => {
        audio ??= new AudioContext();
        void audio.resume().then(() => {
            locked.value = audio?.state !== 'running';
        });
    };
    for (const type of ['pointerdown', 'keydown']) {
        addEventListener(type, unlock, { once: true, capture: true });
    }
    if ('locks' in navigator) {
        void navigator.locks.request('zx-ringer', () => {
            leader = true;
            return new Promise<void>(() => {});
        });
    }
}

export function tone(kind: Tone) {
    if (!prefs.sound || !audio || audio.state !== 'running') return;
    if (kind !== 'test' && (!leader || Date.now() - lastAt < GAP_MS)) return;
    lastAt = Date.now();
    const start = audio.currentTime + 0.01;
    for (const [hz, at] of NOTES[kind]) {
        const osc = audio.createOscillator();
        const gain = audio.createGain();
        osc.type = 'sine';
        osc.frequency.value = hz;
        gain.gain.setValueAtTime(0, start + at);
        gain.gain.linearRampToValueAtTime(0.22 * prefs.volume, start + at + 0.012);
        gain.gain.exponentialRampToValueAtTime(0.0008, start + at + 0.14);
        osc.connect(gain).connect(audio.destination);
        osc.start(start + at);
        osc.stop(start + at + 0.15);
    }
}

/** A desktop notification, only while the tab is hidden and the user allowed it. */
export function notify(title: string, body: string, conversation: string) {
    if (!prefs.notify || !leader || document.visibilityState === 'visible') return;
    if (!('Notification' in window) || Notification.permission !== 'granted') return;
    const n = new Notification(title, { body: body.slice(0, 80), tag: conversation, silent: true });
    n.onclick = () => {
        window.focus();
        onClick(conversation);
        n.close();
    };
}

export async function allowNotifications(): Promise<boolean> {
    if (!('Notification' in window)) return false;
    return (await Notification.requestPermission()) === 'granted';
}
