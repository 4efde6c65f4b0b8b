// SPDX-License-Identifier: Apache-2.0
// The admin pages: their order, groups and the role each needs. The router and the side list read it.
import type { PageRule } from '@/core/gate';
import type { Key } from '@/i18n';
import type { IconName } from '@/ui/icons';

export interface AdminPageInfo {
    path: string;
    label: Key;
    icon: IconName;
    group: Key;
    need?: PageRule['need'];
    view: () => Promise<unknown>;
}
export const adminPages: AdminPageInfo[] = [
    {
        path: 'channels',
        label: 'admin.channels',
        icon: 'store',
        group: 'admin.groupShop',
        need: 'owner',
        view: () => import('@/views/admin/ChannelsView.vue'),
    },
    {
        path: 'hours',
        label: 'admin.hours',
        icon: 'calendar',
        group: 'admin.groupShop',
        need: 'supervisor',
        view: () => import('@/views/admin/HoursView.vue'),
    },
    {
        path: 'sla',
        label: 'admin.sla',
        icon: 'clock',
        group: 'admin.groupShop',
        need: 'supervisor',
        view: () => import('@/views/admin/SlaView.vue'),
    },
    {
        path: 'users',
        label: 'admin.users',
        icon: 'users',
        group: 'admin.groupShop',
        need: 'supervisor',
        view: () => import('@/views/admin/UsersView.vue'),
    },
    {
        path: 'scripts',
        label: 'admin.scripts',
        icon: 'book',
        group: 'admin.groupWords',
        view: () => import('@/views/admin/ScriptsView.vue'),
    },
    {
        path: 'guard',
        label: 'admin.guard',
        icon: 'shield',
        group: 'admin.groupWords',
        need: 'supervisor',
        view: () => import('@/views/admin/GuardView.vue'),
    },
    {
        path: 'corrections',
        label: 'admin.corrections',
        icon: 'edit',
        group: 'admin.groupWords',
        need: 'supervisor',
        view: () => import('@/views/admin/CorrectionsView.vue'),
    },
    {
        path: 'apikeys',
        label: 'admin.apikeys',
        icon: 'key',
        group: 'admin.groupTech',
        need: 'owner',
        view: () => import('@/views/admin/ApiKeysView.vue'),
    },
    {
        path: 'webhooks',
        label: 'admin.webhooks',
        icon: 'hook',
        group: 'admin.groupTech',
        need: 'owner',
        view: () => import('@/views/admin/WebhooksView.vue'),
    },
    {
        path: 'audit',
        label: 'admin.audit',
        icon: 'list',
        group: 'admin.groupTech',
        need: 'supervisor',
        view: () => import('@/views/admin/AuditView.vue'),
    },
    {
        path: 'retention',
        label: 'admin.retention',
        icon: 'archive',
        group: 'admin.groupTech',
        need: 'owner',
        view: () => import('@/views/admin/RetentionView.vue'),
    },
    {
        path: 'account',
        label: 'admin.account',
        icon: 'user',
        group: 'admin.groupMe',
        view: () => import('@/views/admin/AccountView.vue'),
    },
];
