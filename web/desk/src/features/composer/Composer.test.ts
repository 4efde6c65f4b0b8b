// SPDX-License-Identifier: Apache-2.0
import { mount } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import { prefs } from '@/core/prefs';
import { drafts, draftsStart } from '@/features/queue/draftPreview';
import { useThreads } from '@/features/thread/threads';
import Composer from './Composer.vue';

vi.mock('@/api/desk', () => ({
    guardCheck: vi.fn(async () => ({ hits: [] })),
    scripts: vi.fn(async () => ({ items: [] })),
}));

const open = (conversation = '7', locked = '') =>
    mount(Composer, {
        props: { conversation, locked, fill: (s: { text: string }) => s.text },
        attachTo: document.body,
    });
const area = (w: ReturnType<typeof open>) => w.get('textarea');
const texts = (id: string) =>
    useThreads()
        .get(id)
        ?.outs.map((o) => `${o.kind}:${o.text}`) ?? [];

beforeEach(() => {
    localStorage.clear();
    setActivePinia(createPinia());
    draftsStart('3');
    prefs.sendKey = 'enter';
});

describe('composer', () => {
    it('an Enter of the input method does not send; the next one does', async () => {
        const w = open();
        await area(w).setValue('ni hao');
        await area(w).trigger('keydown', { key: 'Enter', isComposing: true });
        await area(w).trigger('keydown', { key: 'Enter', keyCode: 229 });
        expect(texts('7')).toEqual([]);
        await area(w).setValue('你好');
        await area(w).trigger('keydown', { key: 'Enter', keyCode: 13 });
        expect(texts('7')).toEqual(['text:你好']);
        expect((area(w).element as HTMLTextAreaElement).value).toBe('');
        w.unmount();
    });
    it('a draft lives in its conversation and mode, and survives the page', async () => {
        const w = open('7');
        await area(w).setValue('给七号的话');
        await w.findAll('[role=radio]')[1]!.trigger('click');
        await nextTick();
        expect((area(w).element as HTMLTextAreaElement).value).toBe('');
        await area(w).setValue('备注');
        w.unmount();
        draftsStart('3');
        expect(drafts().get('7', 'reply')?.text).toBe('给七号的话');
        expect(drafts().get('7', 'note')?.text).toBe('备注');
        expect(drafts().get('8', 'reply')).toBeNull();
        const other = open('8');
        expect((area(other).element as HTMLTextAreaElement).value).toBe('');
        other.unmount();
        const again = open('7');
        await nextTick();
        expect((area(again).element as HTMLTextAreaElement).value).toBe('给七号的话');
        expect(again.get('.composer').attributes('data-mode')).toBe('reply');
        again.unmount();
    });
    it('a note goes out as a note even when replies are locked', async () => {
        const w = open('7', 'closed');
        await area(w).setValue('x');
        await area(w).trigger('keydown', { key: 'Enter', keyCode: 13 });
        expect(texts('7')).toEqual([]);
        await w.findAll('[role=radio]')[1]!.trigger('click');
        await nextTick();
        await area(w).setValue('只给同事');
        await area(w).trigger('keydown', { key: 'Enter', keyCode: 13 });
        expect(texts('7')).toEqual(['note:只给同事']);
        w.unmount();
    });
    it('Ctrl+Enter sends and asks for the next conversation', async () => {
        const w = open();
        await area(w).setValue('好的');
        await area(w).trigger('keydown', { key: 'Enter', keyCode: 13, ctrlKey: true });
        expect(texts('7')).toEqual(['text:好的']);
        expect(w.emitted('next')).toHaveLength(1);
        w.unmount();
    });
    it('2,001 characters do not go out; an emoji counts as one', async () => {
        const w = open();
        await area(w).setValue('好'.repeat(2001));
        await area(w).trigger('keydown', { key: 'Enter', keyCode: 13 });
        expect(texts('7')).toEqual([]);
        await area(w).setValue('😀'.repeat(2000));
        await area(w).trigger('keydown', { key: 'Enter', keyCode: 13 });
        expect(texts('7')).toHaveLength(1);
        w.unmount();
    });
});
