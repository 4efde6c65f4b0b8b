// SPDX-License-Identifier: Apache-2.0
// The only place that calls fetch. Owns the CSRF value and the shape of errors.
import type { GuardHit } from './types';

/** A refused request. `code` is stable (docs/errors.md); `net.*` codes are made here. */
export class ApiError extends Error {
    constructor(
        readonly code: string,
        message: string,
        readonly status = 0,
        readonly field = '',
        readonly retryAfterMs = 0,
        readonly requestId = '',
        readonly hits: GuardHit[] = [],
    ) {
        super(message);
    }
}

export interface CallOptions {
    query?: Record<string, string | number | undefined>;
    signal?: AbortSignal;
    timeoutMs?: number;
    /** Raw body (uploads) with its headers, instead of JSON. */
    raw?: { body: Blob; headers: Record<string, string> };
    /** A 401 here is an answer (log-in), not the end of the session. */
    quiet401?: boolean;
}

let csrf = '';
let onGone: (code: string) => void = () => {};

export function setCsrf(value: string) {
    csrf = value;
}
/** For the one call that cannot go through fetch (uploads with progress). */
export const csrfValue = () => csrf;

/** What to do when the session is gone; set once by the session store. */
export function onSessionGone(fn: (code: string) => void) {
    onGone = fn;
}

function urlOf(path: string, query: CallOptions['query']): string {
    const q = new URLSearchParams();
    for (const [k, v] of Object.entries(query ?? {})) {
        if (v !== undefined && v !== '') q.set(k, String(v));
    }
    const s = q.toString();
    return s ? `${path}?${s}` : path;
}

async function errorOf(res: Response): Promise<ApiError> {
    let code = `http.${res.status}`;
    let message = res.statusText;
    let field = '';
    let hits: GuardHit[] = [];
    try {
        const body = await res.json();
        code = body?.error?.code ?? code;
        message = body?.error?.message ?? message;
        field = body?.error?.field ?? '';
        hits = body?.hits ?? body?.error?.hits ?? [];
    } catch {
        // Not JSON (a proxy's page): the status is all we know.
    }
    const after = Number(res.headers.get('Retry-After') ?? 0) * 1000;
    const id = res.headers.get('X-Request-Id') ?? '';
    return new ApiError(code, message, res.status, field, after, id, hits);
}

export async function call<T>(
    method: string,
    path: string,
    body?: unknown,
    options: CallOptions = {},
): Promise<T> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    Object.assign(headers, options.raw?.headers);
    const timeout = AbortSignal.timeout(options.timeoutMs ?? 15_000);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    let res: Response;
    try {
        res = await fetch(urlOf(path, options.query), {
            method,
            headers,
            signal,
            credentials: 'same-origin',
            body: options.raw?.body ?? (body === undefined ? undefined : JSON.stringify(body)),
        });
    } catch (cause) {
        if (options.signal?.aborted) throw new ApiError('net.aborted', 'aborted');
        if (timeout.aborted) throw new ApiError('net.timeout', 'timeout');
        throw new ApiError('net.offline', String(cause));
    }
    if (!res.ok) {
        const err = await errorOf(res);
        if (res.status === 401 && !options.quiet401) onGone(err.code);
        throw err;
    }
    if (res.status === 204) return {} as T;
    const text = await res.text();
    try {
        return (text ? JSON.parse(text) : {}) as T;
    } catch {
        throw new ApiError('net.bad_answer', 'answer is not JSON', res.status);
    }
}

export const get = <T>(path: string, query?: CallOptions['query'], o?: CallOptions) =>
    call<T>('GET', path, undefined, { ...o, query });
export const post = <T>(path: string, body: unknown = {}, o?: CallOptions) =>
    call<T>('POST', path, body, o);
export const patch = <T>(path: string, body: unknown) => call<T>('PATCH', path, body);
export const put = <T>(path: string, body: unknown) => call<T>('PUT', path, body);
export const del = <T>(path: string) => call<T>('DELETE', path);
