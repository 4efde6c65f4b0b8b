// SPDX-License-Identifier: Apache-2.0
// Who is logged in. Owns the CSRF value's life and what happens when the session ends.
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import * as api from '@/api/desk';
import { ApiError, setCsrf } from '@/api/http';
import type { Me } from '@/api/types';
import { clockSample } from '@/core/clock';
import { setTimeZone } from '@/core/format';

const RANK = { agent: 1, trainer: 1, supervisor: 2, owner: 3 } as const;

export const useSession = defineStore('session', () => {
    const me = shallowRef<Me | null>(null);
    /** Why the last session ended, shown on the log-in page. */
    const endedBy = ref('');

    const user = computed(() => me.value?.user ?? null);
    const atLeast = (role: 'supervisor' | 'owner') =>
        (RANK[user.value?.role ?? 'agent'] ?? 0) >= RANK[role];

    /** True when logged in. Throws only when the server cannot be asked. */
    async function load(): Promise<boolean> {
        const sentAt = Date.now();
        try {
            const answer = await api.me();
            clockSample(answer.now, sentAt, Date.now());
            setCsrf(answer.csrf);
            setTimeZone(answer.shop.timezone || undefined);
            me.value = answer;
            return true;
        } catch (e) {
            if (e instanceof ApiError && e.status === 401) {
                me.value = null;
                return false;
            }
            throw e;
        }
    }

    async function login(name: string, password: string, code?: string) {
        const answer = await api.login(name, password, code);
        setCsrf(answer.csrf);
        endedBy.value = '';
        await load();
    }

    async function logout(everywhere = false) {
        try {
            await (everywhere ? api.logoutEverywhere() : api.logout());
        } finally {
            end('');
        }
    }

    function end(why: string) {
        me.value = null;
        endedBy.value = why;
        setCsrf('');
    }

    return { me, user, endedBy, atLeast, load, login, logout, end };
});
