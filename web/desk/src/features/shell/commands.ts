// SPDX-License-Identifier: Apache-2.0
// The commands that exist on every page.
import type { Command } from '@/core/commands';
import { mayOpen } from '@/core/gate';
import { prefs } from '@/core/prefs';
import { useLive } from '@/features/live';
import { useSession } from '@/features/session/store';
import { router } from '@/router';
import { places } from './places';

/** What is on the screen now, whatever the setting "as the system" came to. */
export const darkNow = () =>
    prefs.theme === 'dark' ||
    (prefs.theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);

export function shellCommands(toggle: (layer: 'palette' | 'keys') => void): Command[] {
    const live = useLive();
    const session = useSession();
    const go: Command[] = places.map((p, i) => ({
        id: `go.${p.path}`,
        label: p.label,
        group: 'group.go',
        keys: [`Digit${i + 1}`],
        enabled: () => mayOpen(session.user?.role ?? null, p.need),
        run: () => void router.push(p.path),
    }));
    return [
        ...go,
        {
            id: 'palette',
            label: 'cmd.palette',
            group: 'group.page',
            keys: ['Ctrl+KeyK'],
            run: () => toggle('palette'),
        },
        {
            id: 'keys',
            label: 'cmd.keys',
            group: 'group.page',
            keys: ['Shift+Slash'],
            run: () => toggle('keys'),
        },
        {
            id: 'theme',
            label: 'cmd.theme',
            group: 'group.page',
            run: () => {
                prefs.theme = darkNow() ? 'light' : 'dark';
            },
        },
        {
            id: 'me.busy',
            label: 'cmd.busy',
            group: 'group.me',
            keys: ['Alt+KeyB'],
            enabled: () => live.online,
            run: () => live.setStatus(live.agent?.status === 'busy' ? 'online' : 'busy'),
        },
        {
            id: 'me.online',
            label: 'cmd.online',
            group: 'group.me',
            enabled: () => live.online && live.agent?.status !== 'online',
            run: () => live.setStatus('online'),
        },
        {
            id: 'me.wrapup',
            label: 'cmd.wrapup',
            group: 'group.me',
            enabled: () => live.online && live.agent?.status !== 'wrapup',
            run: () => live.setStatus('wrapup'),
        },
        {
            id: 'me.account',
            label: 'nav.account',
            group: 'group.me',
            run: () => void router.push('/admin/account'),
        },
        {
            id: 'me.logout',
            label: 'nav.logout',
            group: 'group.me',
            run: () => void session.logout(),
        },
    ];
}
