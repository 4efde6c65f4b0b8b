// SPDX-License-Identifier: Apache-2.0
// Keeps token and unsent messages. Where storage is refused (private mode, blocked third parties)
// it falls back to memory and `lasting` turns false, so that the panel can say so.
export interface Store {
    lasting: boolean;
    get<T>(key: string): T | undefined;
    set(key: string, value: unknown): void;
}

export function openStore(prefix: string, area: () => Storage): Store {
    const memory = new Map<string, string>();
    let box: Storage | undefined;
    try {
        box = area();
        box.setItem(`${prefix}?`, "1");
        box.removeItem(`${prefix}?`);
    } catch {
        box = undefined;
    }
    return {
        lasting: !!box,
        get(key) {
            try {
                return JSON.parse((box ? box.getItem(prefix + key) : memory.get(key)) ?? "");
            } catch {
                return undefined;
            }
        },
        set(key, value) {
            const text = JSON.stringify(value);
            try {
                if (value == null) box?.removeItem(prefix + key);
                else box?.setItem(prefix + key, text);
            } catch {
                /* full: the page keeps working from memory */
            }
            if (value == null) memory.delete(key);
            else memory.set(key, text);
        },
    };
}
