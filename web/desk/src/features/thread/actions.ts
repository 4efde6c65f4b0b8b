// SPDX-License-Identifier: Apache-2.0
// What can be done with a conversation. Every action answers true when it worked; a refusal has been
// shown to the user by then.
import { useRouter } from 'vue-router';
import * as api from '@/api/desk';
import { ApiError } from '@/api/http';
import type { Id, Row, Stage } from '@/api/types';
import { serverNow } from '@/core/clock';
import { when } from '@/core/format';
import { toast } from '@/core/toast';
import { byUrgency } from '@/core/urgency';
import { useRows } from '@/features/queue/rows';
import { t } from '@/i18n';
import { fail } from './say';
import { useThreads } from './threads';

/** How many queued conversations 「接下一位」 tries when colleagues are quicker. */
const TAKE_TRIES = 5;

export function useActions() {
    const rows = useRows();
    const threads = useThreads();
    const router = useRouter();

    async function change(call: Promise<{ conversation: Row }>): Promise<Row | null> {
        try {
            const { conversation } = await call;
            rows.put(conversation, true);
            return conversation;
        } catch (e) {
            fail(e);
            return null;
        }
    }

    const open = (id: Id, seq?: number) =>
        router.push({ path: `/chat/${id}`, ...(seq ? { query: { seq: String(seq) } } : {}) });

    /** The conversation that needs an answer most, besides `not`. */
    function mostUrgent(not: Id | null): Id | null {
        const list = rows.mine.filter((r) => r.id !== not && r.status === 'open').sort(byUrgency);
        return list[0]?.id ?? null;
    }

    async function goNext(from: Id | null) {
        const order = rows.order.ids;
        const at = from ? order.indexOf(from) : -1;
        const id = mostUrgent(from) ?? order[at + 1] ?? order[at - 1] ?? null;
        if (id && id !== from) await open(id);
    }

    async function take(id: Id): Promise<boolean> {
        const row = await change(api.take(id));
        if (row) toast(t('toast.taken'), 'ok');
        return !!row;
    }

    async function takeNext() {
        try {
            const { items } = await api.conversations('queue');
            for (const row of [...items].sort(byUrgency).slice(0, TAKE_TRIES)) {
                try {
                    const answer = await api.take(row.id);
                    rows.put(answer.conversation, true);
                    await open(row.id);
                    return;
                } catch (e) {
                    // Taken by a colleague in the meantime: the next one. Anything else is a failure.
                    if (!(e instanceof ApiError) || e.status !== 409) throw e;
                }
            }
            toast(t('take.gone'));
            void rows.load('queue');
        } catch (e) {
            fail(e);
        }
    }

    async function transfer(id: Id, to: { id: Id; name: string } | null, note: string) {
        const row = await change(api.transfer(id, to?.id ?? null, note));
        if (row) toast(t('toast.transferred', { who: to?.name ?? t('transfer.queue') }), 'ok');
        return !!row;
    }

    async function close(id: Id, reason: string, note: string) {
        const row = await change(api.close(id, reason, note));
        if (row) {
            toast(t('toast.closed'), 'ok', { label: t('toast.undo'), run: () => void reopen(id) });
        }
        return !!row;
    }

    async function reopen(id: Id) {
        const row = await change(api.reopen(id));
        if (row) await open(id);
        return !!row;
    }

    async function snooze(id: Id, until: number) {
        const row = await change(api.snooze(id, until));
        if (row) toast(t('toast.snoozed', { time: when(until, serverNow()) }), 'ok');
        return !!row;
    }

    const takeover = async (id: Id) => !!(await change(api.takeover(id)));
    const stage = async (id: Id, value: Stage) => !!(await change(api.stage(id, value)));
    const tags = async (id: Id, add: string[], remove: string[]) =>
        !!(await change(api.tags(id, add, remove)));

    async function block(row: Row, on: boolean, reason = '') {
        try {
            await (on ? api.block(row.customer.id, reason) : api.unblock(row.customer.id));
            rows.edit(row.id, { customer: { ...row.customer, blocked: on } });
            void threads.details(row.id);
            toast(t(on ? 'block.done' : 'block.undone'), 'ok');
            return true;
        } catch (e) {
            fail(e);
            return false;
        }
    }

    async function copyLink(id: Id) {
        try {
            await navigator.clipboard.writeText(`${location.origin}/chat/${id}`);
            toast(t('toast.copied'), 'ok');
        } catch (e) {
            fail(e);
        }
    }

    return {
        open,
        mostUrgent,
        goNext,
        take,
        takeNext,
        takeover,
        transfer,
        close,
        reopen,
        snooze,
        stage,
        tags,
        block,
        copyLink,
    };
}
export type Actions = ReturnType<typeof useActions>;
