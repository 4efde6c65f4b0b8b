// SPDX-License-Identifier: Apache-2.0
// Uploads. XMLHttpRequest, because fetch cannot tell how much of a body has gone out.
import { ApiError, csrfValue } from './http';
import type { FileRef } from './types';

const STALL_MS = 120_000;

export interface Upload {
    done: Promise<FileRef>;
    cancel(): void;
}

export function uploadFile(file: File, progress: (part: number) => void): Upload {
    const x = new XMLHttpRequest();
    const done = new Promise<FileRef>((resolve, reject) => {
        x.open('POST', '/api/uploads');
        x.timeout = STALL_MS;
        x.setRequestHeader('Accept', 'application/json');
        x.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
        x.setRequestHeader('X-File-Name', encodeURIComponent(file.name));
        if (csrfValue()) x.setRequestHeader('X-CSRF-Token', csrfValue());
        x.upload.onprogress = (e) => e.lengthComputable && progress(e.loaded / e.total);
        x.onerror = () => reject(new ApiError('net.offline', 'upload failed'));
        x.ontimeout = () => reject(new ApiError('net.timeout', 'upload stalled'));
        x.onabort = () => reject(new ApiError('net.aborted', 'aborted'));
        x.onload = () => {
            let body: { file?: FileRef; error?: { code?: string; message?: string } } = {};
            try {
                body = JSON.parse(x.responseText);
            } catch {
                // A proxy's page: the status says enough.
            }
            if (x.status < 300 && body.file) resolve(body.file);
            else {
                const code =
                    body.error?.code ?? (x.status === 413 ? 'file.too_large' : `http.${x.status}`);
                reject(new ApiError(code, body.error?.message ?? x.statusText, x.status));
            }
        };
        x.send(file);
    });
    return { done, cancel: () => x.abort() };
}
