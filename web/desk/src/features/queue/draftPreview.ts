// SPDX-License-Identifier: Apache-2.0
// The queue shows which conversations hold an unsent reply. One store of drafts per logged-in user.
import { shallowRef, triggerRef } from 'vue';
import type { Id } from '@/api/types';
import { Drafts } from '@/core/drafts';

const current = shallowRef<Drafts | null>(null);

export function draftsStart(user: Id) {
    current.value = new Drafts(user);
    current.value.prune();
}
export const drafts = (): Drafts => {
    current.value ??= new Drafts('');
    return current.value;
};
/** Called by the composer when a draft begins, ends or is left. */
export const draftsChanged = () => triggerRef(current);
export const draftOf = (id: Id) => current.value?.get(id, 'reply')?.text ?? '';
