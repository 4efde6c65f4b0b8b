// SPDX-License-Identifier: Apache-2.0
// What this browser remembers about its user's taste. Never anything about a customer.
import { reactive, watch } from 'vue';
import { safeStorage } from './drafts';

export interface Prefs {
    theme: 'auto' | 'light' | 'dark';
    locale: '' | 'zh-CN' | 'zh-TW' | 'en';
    density: 'cosy' | 'compact';
    sort: 'urgency' | 'recent' | 'oldest';
    leftWidth: number;
    sideWidth: number;
    leftOpen: boolean;
    sideOpen: boolean;
    sound: boolean;
    volume: number;
    notify: boolean;
    sendKey: 'enter' | 'ctrl';
    singleKeys: boolean;
}

const KEY = 'zx.prefs';
const defaults: Prefs = {
    theme: 'auto',
    locale: '',
    density: 'cosy',
    sort: 'urgency',
    leftWidth: 320,
    sideWidth: 360,
    leftOpen: true,
    sideOpen: true,
    sound: true,
    volume: 0.6,
    notify: false,
    sendKey: 'enter',
    singleKeys: true,
};

function read(): Prefs {
    try {
        return { ...defaults, ...JSON.parse(safeStorage()?.getItem(KEY) ?? '{}') };
    } catch {
        return { ...defaults };
    }
}

export const prefs = reactive<Prefs>(read());

export function applyTheme() {
    const root = document.documentElement;
    if (prefs.theme === 'auto') delete root.dataset.theme;
    else root.dataset.theme = prefs.theme;
}

export function prefsStart() {
    applyTheme();
    watch(prefs, () => {
        applyTheme();
        try {
            safeStorage()?.setItem(KEY, JSON.stringify(prefs));
        } catch {
            // Private mode: lasts for this tab only.
        }
    });
}
