// SPDX-License-Identifier: Apache-2.0
// Every conversation row this tab knows. Rows are replaced, never mutated; changes of a burst are
// published together, at most eight times a second, so that a storm costs one sort, not hundreds.
import { defineStore } from 'pinia';
import { computed, reactive, ref, shallowReactive, shallowRef } from 'vue';
import * as api from '@/api/desk';
import type { Id, Message, Presence, Row, Sla, Status, View } from '@/api/types';
import { prefs } from '@/core/prefs';
import { comparator, freeze } from '@/core/urgency';
import { customerName } from '@/features/customer/name';
import { useSession } from '@/features/session/store';

interface ListState {
    cursor: string | null;
    loaded: boolean;
    loading: boolean;
    error: unknown;
    at: number;
}
const PUBLISH_MS = 120;
const newList = (): ListState => ({
    cursor: null,
    loaded: false,
    loading: false,
    error: null,
    at: 0,
});

export const useRows = defineStore('rows', () => {
    const session = useSession();
    const map = new Map<Id, Row>();
    const touched = new Map<Id, number>();
    /** Who is there, for the conversations this tab watches. */
    const presence = shallowReactive(new Map<Id, Presence>());
    const version = shallowRef(0);
    const view = ref<View>('mine');
    const filter = ref('');
    const held = ref(false);
    const counts = reactive({ queue: 0, all: 0 });
    const longestSince = ref<number | null>(null);
    const lists = reactive<Record<View, ListState>>({
        mine: newList(),
        queue: newList(),
        all: newList(),
        closed: newList(),
    });
    let timer = 0;
    let last = 0;

    function publish() {
        if (timer) return;
        const wait = Math.max(0, PUBLISH_MS - (Date.now() - last));
        timer = window.setTimeout(flush, wait);
    }
    function flush() {
        clearTimeout(timer);
        timer = 0;
        last = Date.now();
        version.value++;
    }

    function get(id: Id | null | undefined): Row | undefined {
        version.value;
        return id ? map.get(id) : undefined;
    }
    const isMine = (r: Row) => r.assignee?.id === session.user?.id && r.status !== 'closed';
    const belongs: Record<View, (r: Row) => boolean> = {
        mine: isMine,
        queue: (r) => r.status === 'queued',
        all: (r) => r.status !== 'closed',
        closed: (r) => r.status === 'closed',
    };

    /** Insert or replace. An older copy (by last_seq) never wins over a newer one. */
    function put(row: Row, now = false) {
        const old = map.get(row.id);
        if (old && row.last_seq < old.last_seq) return;
        if (old && row.last_seq === old.last_seq && row.updated_at < old.updated_at) return;
        map.set(row.id, row);
        touched.set(row.id, Date.now());
        if (now) flush();
        else publish();
    }

    function edit(id: Id, change: Partial<Row>) {
        const old = map.get(id);
        if (!old) return;
        map.set(id, { ...old, ...change });
        touched.set(id, Date.now());
        publish();
    }

    /** What a `message` frame says about its row. */
    function message(m: Message, sla?: Sla | null, unread?: number, status?: Status) {
        const old = map.get(m.conversation);
        if (!old || m.seq < old.last_seq) return;
        const u = m.understanding;
        edit(m.conversation, {
            last_seq: m.seq,
            last:
                m.role === 'system'
                    ? old.last
                    : { role: m.role, kind: m.kind, text: m.text, at: m.at },
            updated_at: m.at,
            ...(sla === undefined ? {} : { sla }),
            ...(unread === undefined ? {} : { unread }),
            ...(status ? { status } : {}),
            ...(u ? { emotion: u.emotion, intensity: u.intensity } : {}),
        });
    }

    /** First page of a view, or the next one. A complete answer also removes what it no longer has. */
    async function load(v: View, more = false) {
        const list = lists[v];
        if (list.loading || (more && !list.cursor)) return;
        list.loading = true;
        const asked = Date.now();
        try {
            const q = filter.value.trim();
            const page = await api.conversations(v, {
                ...(q ? { q } : {}),
                ...(more && list.cursor ? { cursor: list.cursor } : {}),
            });
            for (const row of page.items) put(row);
            if (!more && !page.next && !q) {
                const seen = new Set(page.items.map((r) => r.id));
                for (const r of map.values()) {
                    const fresh = (touched.get(r.id) ?? 0) >= asked;
                    // Mine are pushed; only the answer to "mine" may say that one is not mine any more.
                    const may = v === 'mine' || !isMine(r);
                    if (belongs[v](r) && may && !seen.has(r.id) && !fresh) map.delete(r.id);
                }
            }
            if (page.counts) {
                counts.queue = page.counts.queue;
                counts.all = page.counts.all;
            }
            if (more || !list.loaded || !page.next) list.cursor = page.next ?? null;
            list.loaded = true;
            list.error = null;
            list.at = Date.now();
            flush();
        } catch (e) {
            list.error = e;
        } finally {
            list.loading = false;
        }
    }

    const sorted = computed(() => {
        version.value;
        const q = filter.value.trim().toLowerCase();
        const keep = belongs[view.value];
        const out: Row[] = [];
        for (const r of map.values()) if (keep(r) && (!q || matches(r, q))) out.push(r);
        if (view.value === 'closed') {
            out.sort((a, b) => (b.closed_at ?? 0) - (a.closed_at ?? 0));
        } else out.sort(comparator(prefs.sort));
        return out.map((r) => r.id);
    });

    let shownKey = '';
    let shown: string[] = [];
    /** Ids in the order on the screen: still while `held`, fresh otherwise (ui.md §3.7). */
    const order = computed(() => {
        const key = `${view.value}/${prefs.sort}/${filter.value}`;
        const fresh = sorted.value;
        if (!held.value || key !== shownKey) {
            shownKey = key;
            shown = fresh;
            return { ids: fresh, above: 0 };
        }
        const f = freeze(shown, fresh);
        shown = f.ids;
        return f;
    });

    const mine = computed(() => {
        version.value;
        const out: Row[] = [];
        for (const r of map.values()) if (isMine(r)) out.push(r);
        return out;
    });
    const mineUnread = computed(() => mine.value.reduce((n, r) => n + (r.unread > 0 ? 1 : 0), 0));

    function clear() {
        map.clear();
        touched.clear();
        presence.clear();
        for (const v of Object.keys(lists) as View[]) Object.assign(lists[v], newList());
        flush();
    }

    return {
        version,
        presence,
        view,
        filter,
        held,
        counts,
        longestSince,
        lists,
        order,
        mine,
        mineUnread,
        isMine,
        get,
        put,
        edit,
        message,
        load,
        flush,
        clear,
        drop(id: Id) {
            map.delete(id);
            publish();
        },
    };
});

function matches(r: Row, q: string): boolean {
    return (
        customerName(r.customer).toLowerCase().includes(q) ||
        r.subject.toLowerCase().includes(q) ||
        r.channel.name.toLowerCase().includes(q) ||
        r.tags.some((t) => t.toLowerCase().includes(q)) ||
        !!r.last?.text.toLowerCase().includes(q)
    );
}
