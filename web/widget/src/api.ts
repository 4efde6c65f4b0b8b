// SPDX-License-Identifier: Apache-2.0
// HTTP calls of the visitor. Addresses are relative to the panel page, so that a path prefix of a
// reverse proxy just works.
import { app } from "./app";

export interface Fault {
    status: number;
    code: string;
    /** From Retry-After, in milliseconds. */
    wait?: number;
    /** Asking again is pointless. */
    fatal?: boolean;
}

export const api = (path: string): string => new URL(`../api/widget/${path}`, location.href).href;

export const auth = (): Record<string, string> =>
    app.session ? { Authorization: `Bearer ${app.session.token}` } : {};

export async function call<T>(path: string, body?: unknown): Promise<T> {
    const r = await fetch(api(path), {
        method: body ? "POST" : "GET",
        headers: { ...auth(), "Content-Type": "application/json" },
        body: body && JSON.stringify(body),
        credentials: "omit",
        signal: AbortSignal.timeout(15e3),
    } as RequestInit);
    const data = await r.json().catch(() => ({}));
    if (r.ok) return data as T;
    throw {
        status: r.status,
        code: data.error?.code ?? `http.${r.status}`,
        wait: +(r.headers.get("Retry-After") ?? 0) * 1e3,
    } as Fault;
}
