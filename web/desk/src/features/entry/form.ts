// SPDX-License-Identifier: Apache-2.0
// Shared by every form: run a request once at a time, put a refused field's words at its field.
import { reactive, ref } from 'vue';
import { ApiError } from '@/api/http';
import { t, tCode } from '@/i18n';

export const errorText = (e: unknown) =>
    e instanceof ApiError ? tCode('err', e.code, e.message || t('err.other')) : t('err.client.bug');

export const isEmail = (s: string) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(s.trim());

/** An http(s) origin, or null. `shop.example` alone gets https. */
export function originOf(s: string): string | null {
    const text = s.trim();
    try {
        const u = new URL(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
        if (u.protocol !== 'https:' && u.protocol !== 'http:') return null;
        return u.hostname.includes('.') || u.hostname === 'localhost' ? u.origin : null;
    } catch {
        return null;
    }
}

export function useForm() {
    const busy = ref(false);
    const error = ref('');
    const fields = reactive<Record<string, string>>({});

    function clear() {
        error.value = '';
        for (const k of Object.keys(fields)) delete fields[k];
    }
    /** True when it succeeded. `names` are the fields of this form: others' errors go to the top. */
    async function run(job: () => Promise<unknown>, names: string[] = []): Promise<boolean> {
        if (busy.value) return false;
        busy.value = true;
        clear();
        try {
            await job();
            return true;
        } catch (e) {
            const leaf = e instanceof ApiError ? (e.field.split('.').at(-1) ?? '') : '';
            if (leaf && names.includes(leaf)) fields[leaf] = errorText(e);
            else error.value = errorText(e);
            return false;
        } finally {
            busy.value = false;
        }
    }
    return { busy, error, fields, clear, run };
}
