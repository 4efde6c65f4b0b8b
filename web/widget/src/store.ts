// SPDX-License-Identifier: Apache-2.0
// Keeps token and unsent messages. Where storage is refused (private mode, blocked third parties)
// it falls back to memory and `lasting` turns false, so that the panel can say so.
export interface Store {
    lasting: boolean;
    get<T>(key: string): T | undefined;
    set(key: string, value: unknown): void;
}

export function openStore(prefix: string, area: () => Storage): Store {
    const memory: Record<string, string | undefined> = {};
    let box = memory;
    try {
        const s = area() as unknown as typeof memory;
        s[`${prefix}?`] = "1";
        delete s[`${prefix}?`];
        box = s;
    } catch {
        /* memory it is */
    }
    return {
        lasting: box !== memory,
        get(key) {
            try {
                return JSON.parse(box[prefix + key] ?? "");
            } catch {
                return undefined;
            }
        },
        set(key, value) {
            try {
                if (value == null) delete box[prefix + key];
                else box[prefix + key] = JSON.stringify(value);
            } catch {
                /* full: what is shown stays shown, it will not survive a closed page */
            }
        },
    };
}
