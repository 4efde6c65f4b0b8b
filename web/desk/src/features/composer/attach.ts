// SPDX-License-Identifier: Apache-2.0
// Attachments of a reply that is being written. They upload at once and wait for the Enter; they belong
// to their conversation and are still there when the agent comes back to it.
import { shallowReactive, shallowRef, triggerRef } from 'vue';
import { ApiError } from '@/api/http';
import type { FileRef, Id } from '@/api/types';
import { type Upload, uploadFile } from '@/api/upload';

export interface Attachment {
    key: number;
    file: File;
    part: number;
    state: 'up' | 'done' | 'failed';
    code: string;
    ref: FileRef | null;
    /** Object URL of a picture, released when the attachment goes. */
    preview: string;
}
export const MAX_BYTES = 10 * 1024 * 1024;
export const MAX_FILES = 9;

const lists = new Map<Id, ReturnType<typeof shallowRef<Attachment[]>>>();
const running = new Map<number, Upload>();
let last = 0;

export function useAttachments(conversation: Id) {
    let list = lists.get(conversation) as ReturnType<typeof shallowRef<Attachment[]>> | undefined;
    if (!list) {
        list = shallowRef<Attachment[]>([]);
        lists.set(conversation, list);
    }
    const items = list as { value: Attachment[] };
    const changed = () => triggerRef(list!);

    /** Why a file is refused, or '' when it is on its way. */
    function add(file: File): '' | 'many' | 'big' {
        if (items.value.length >= MAX_FILES) return 'many';
        if (file.size > MAX_BYTES) return 'big';
        const a: Attachment = shallowReactive({
            key: ++last,
            file,
            part: 0,
            state: 'up',
            code: '',
            ref: null,
            preview: file.type.startsWith('image/') ? URL.createObjectURL(file) : '',
        });
        items.value = [...items.value, a];
        void start(a);
        return '';
    }

    async function start(a: Attachment) {
        a.state = 'up';
        a.part = 0;
        const up = uploadFile(a.file, (part) => {
            a.part = part;
        });
        running.set(a.key, up);
        try {
            a.ref = await up.done;
            a.state = 'done';
        } catch (e) {
            a.code = e instanceof ApiError ? e.code : 'client.bug';
            a.state = 'failed';
        } finally {
            running.delete(a.key);
            changed();
        }
    }

    function remove(a: Attachment) {
        running.get(a.key)?.cancel();
        if (a.preview) URL.revokeObjectURL(a.preview);
        items.value = items.value.filter((x) => x !== a);
    }

    function clear() {
        for (const a of items.value) remove(a);
    }

    return { items, add, retry: start, remove, clear };
}
