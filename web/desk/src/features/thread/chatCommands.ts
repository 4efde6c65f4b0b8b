// SPDX-License-Identifier: Apache-2.0
// The keyboard map of the workbench. Shown in the help (?) and in the palette; single keys can be
// turned off, so everything also has a combination.
import type { Command } from '@/core/commands';

export interface ChatHooks {
    /** The open conversation is mine and alive. */
    mine(): boolean;
    open(): boolean;
    step(n: 1 | -1, focus: boolean): void;
    urgent(): void;
    takeNext(): void;
    take(): void;
    mode(m: 'reply' | 'note'): void;
    suggest(n: number): void;
    attach(): void;
    transfer(): void;
    close(): void;
    tags(): void;
    snooze(): void;
    find(): void;
    search(): void;
    toEnd(): void;
    toggle(pane: 'queue' | 'side'): void;
    focusQueue(): void;
    cyclePanes(n: 1 | -1): void;
}

export function chatCommands(h: ChatHooks): Command[] {
    const open = h.open;
    const mine = h.mine;
    return [
        {
            id: 'q.next',
            label: 'cmd.next',
            group: 'cmdg.queue',
            keys: ['Alt+ArrowDown', 'Alt+KeyJ'],
            run: () => h.step(1, true),
        },
        {
            id: 'q.prev',
            label: 'cmd.prev',
            group: 'cmdg.queue',
            keys: ['Alt+ArrowUp', 'Alt+KeyK'],
            run: () => h.step(-1, true),
        },
        {
            id: 'q.next1',
            label: 'cmd.next',
            group: 'cmdg.queue',
            keys: ['KeyJ'],
            hidden: true,
            run: () => h.step(1, false),
        },
        {
            id: 'q.prev1',
            label: 'cmd.prev',
            group: 'cmdg.queue',
            keys: ['KeyK'],
            hidden: true,
            run: () => h.step(-1, false),
        },
        {
            id: 'q.urgent',
            label: 'cmd.urgent',
            group: 'cmdg.queue',
            keys: ['Alt+KeyG'],
            run: h.urgent,
        },
        {
            id: 'q.take',
            label: 'cmd.takeNext',
            group: 'cmdg.queue',
            keys: ['Alt+KeyA'],
            run: h.takeNext,
        },
        {
            id: 'q.focus',
            label: 'cmd.queueFocus',
            group: 'cmdg.queue',
            keys: ['Escape'],
            run: h.focusQueue,
        },
        {
            id: 'q.search',
            label: 'cmd.search',
            group: 'cmdg.queue',
            keys: ['Alt+Slash', 'Slash'],
            run: h.search,
        },
        {
            id: 'c.reply',
            label: 'cmd.reply',
            group: 'cmdg.compose',
            keys: ['Alt+KeyR', 'KeyR'],
            enabled: open,
            run: () => h.mode('reply'),
        },
        {
            id: 'c.note',
            label: 'cmd.note',
            group: 'cmdg.compose',
            keys: ['Alt+KeyN', 'KeyN'],
            enabled: open,
            run: () => h.mode('note'),
        },
        {
            id: 'c.s1',
            label: 'cmd.suggest1',
            group: 'cmdg.compose',
            keys: ['Alt+Digit1', 'Alt+KeyQ'],
            enabled: mine,
            run: () => h.suggest(1),
        },
        {
            id: 'c.s2',
            label: 'cmd.suggest2',
            group: 'cmdg.compose',
            keys: ['Alt+Digit2', 'Alt+KeyW'],
            enabled: mine,
            run: () => h.suggest(2),
        },
        {
            id: 'c.s3',
            label: 'cmd.suggest3',
            group: 'cmdg.compose',
            keys: ['Alt+Digit3'],
            enabled: mine,
            run: () => h.suggest(3),
        },
        {
            id: 'c.attach',
            label: 'cmd.attach',
            group: 'cmdg.compose',
            keys: ['Alt+KeyU'],
            enabled: mine,
            run: h.attach,
        },
        {
            id: 't.take',
            label: 'cmd.take',
            group: 'cmdg.chat',
            enabled: () => open() && !mine(),
            run: h.take,
        },
        {
            id: 't.transfer',
            label: 'cmd.transfer',
            group: 'cmdg.chat',
            keys: ['Alt+KeyT'],
            enabled: mine,
            run: h.transfer,
        },
        {
            id: 't.close',
            label: 'cmd.close',
            group: 'cmdg.chat',
            keys: ['Alt+Enter'],
            enabled: mine,
            run: h.close,
        },
        {
            id: 't.snooze',
            label: 'cmd.snooze',
            group: 'cmdg.chat',
            keys: ['Alt+KeyZ'],
            enabled: mine,
            run: h.snooze,
        },
        {
            id: 't.tags',
            label: 'cmd.tags',
            group: 'cmdg.chat',
            keys: ['Alt+KeyL'],
            enabled: open,
            run: h.tags,
        },
        {
            id: 't.find',
            label: 'cmd.findIn',
            group: 'cmdg.chat',
            keys: ['Alt+Shift+KeyF'],
            enabled: open,
            run: h.find,
        },
        {
            id: 't.end',
            label: 'cmd.toEnd',
            group: 'cmdg.chat',
            keys: ['Alt+End'],
            enabled: open,
            run: h.toEnd,
        },
        {
            id: 'v.queue',
            label: 'cmd.queuePane',
            group: 'cmdg.view',
            keys: ['BracketLeft'],
            run: () => h.toggle('queue'),
        },
        {
            id: 'v.side',
            label: 'cmd.sidePane',
            group: 'cmdg.view',
            keys: ['BracketRight'],
            run: () => h.toggle('side'),
        },
        {
            id: 'v.f6',
            label: 'cmd.panes',
            group: 'cmdg.view',
            keys: ['F6'],
            run: () => h.cyclePanes(1),
        },
        {
            id: 'v.f6b',
            label: 'cmd.panes',
            group: 'cmdg.view',
            keys: ['Shift+F6'],
            hidden: true,
            run: () => h.cyclePanes(-1),
        },
    ];
}
