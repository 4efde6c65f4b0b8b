// SPDX-License-Identifier: Apache-2.0
// Pictures open over the conversation instead of in another tab.
import type { InjectionKey } from 'vue';
import type { FileRef, Message } from '@/api/types';

export const VIEW: InjectionKey<(file: FileRef) => void> = Symbol('view');

export const picturesIn = (msgs: Message[]): FileRef[] =>
    msgs.flatMap((m) => (m.kind === 'image' && m.file && !m.recalled ? [m.file] : []));
