// SPDX-License-Identifier: Apache-2.0
// What was said, in order. Refuses doubles: a message is its (conversation, seq), whatever way and
// however often it comes. Visitors see gaps in seq (notes of the desk), so a gap is no fault.
import type { Message } from "./types";

const order = (a: Message, b: Message): number =>
    a.conversation === b.conversation
        ? a.seq - b.seq
        : a.conversation.length - b.conversation.length || (a.conversation < b.conversation ? -1 : 1);

export class Thread {
    list: Message[] = [];

    /** True when it was not known before. A second copy may only add what the first one lacked. */
    put(m: Message): boolean {
        let i = this.list.length;
        while (i > 0 && order(this.list[i - 1]!, m) > 0) i--;
        const old = this.list[i - 1];
        if (old && order(old, m) === 0) {
            this.list[i - 1] = { ...old, ...m, recalled: old.recalled || m.recalled };
            return false;
        }
        this.list.splice(i, 0, m);
        return true;
    }

    recall(conversation: string | null, seq: number): void {
        for (const m of this.list)
            if (m.seq === seq && m.conversation === conversation) {
                m.recalled = true;
                m.text = "";
                m.file = m.card = undefined;
            }
    }

    /** Highest seq of this conversation. */
    last(conversation: string | null): number {
        let seq = 0;
        for (const m of this.list) if (m.conversation === conversation && m.seq > seq) seq = m.seq;
        return seq;
    }
}
