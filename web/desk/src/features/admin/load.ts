// SPDX-License-Identifier: Apache-2.0
// What every admin page does: load with its states, edit a copy, know whether it differs.
import { computed, type Ref, ref, shallowRef, watch } from 'vue';

export function useLoad<T>(fn: () => Promise<T>) {
    const data = shallowRef<T | null>(null);
    const error = shallowRef<unknown>(null);
    const loading = ref(false);
    let turn = 0;
    async function reload() {
        const mine = ++turn;
        loading.value = true;
        try {
            const got = await fn();
            if (mine !== turn) return;
            data.value = got;
            error.value = null;
        } catch (e) {
            if (mine === turn) error.value = e;
        } finally {
            if (mine === turn) loading.value = false;
        }
    }
    void reload();
    return { data, error, loading, reload };
}

export const clone = <T>(x: T): T => JSON.parse(JSON.stringify(x)) as T;

/** A copy of `source` to edit. A new source replaces the copy; `reset` throws the edits away. */
export function useDraft<T>(source: Ref<T | null>) {
    const draft = ref<T | null>(null) as Ref<T | null>;
    const dirty = computed(
        () => draft.value !== null && JSON.stringify(draft.value) !== JSON.stringify(source.value),
    );
    function reset() {
        draft.value = source.value === null ? null : clone(source.value);
    }
    watch(source, reset, { immediate: true });
    return { draft, dirty, reset };
}
