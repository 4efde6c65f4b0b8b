// SPDX-License-Identifier: Apache-2.0
// The entries of the rail, in the order of their number keys.
import type { PageRule } from '@/core/gate';
import type { Key } from '@/i18n';
import type { IconName } from '@/ui/icons';

export interface Place {
    path: string;
    label: Key;
    icon: IconName;
    need?: PageRule['need'];
}
export const places: Place[] = [
    { path: '/chat', label: 'nav.chat', icon: 'chat' },
    { path: '/overview', label: 'nav.overview', icon: 'chart', need: 'supervisor' },
    { path: '/admin/scripts', label: 'nav.scripts', icon: 'book' },
    { path: '/admin', label: 'nav.settings', icon: 'settings' },
];
