// SPDX-License-Identifier: Apache-2.0
// Paths of the desk. Views load when first opened; who may open them is core/gate.ts.
import { type Component, shallowRef } from 'vue';
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router';
import { setupState } from '@/api/desk';
import { mayOpen, type PageRule, verdict } from '@/core/gate';
import { adminPages } from '@/features/admin/pages';
import { useSession } from '@/features/session/store';
import { loadAdminWords } from '@/i18n';

declare module 'vue-router' {
    interface RouteMeta extends PageRule {}
}

export const routes: RouteRecordRaw[] = [
    { path: '/', redirect: '/chat' },
    { path: '/login', component: () => import('./views/LoginView.vue'), meta: { open: true } },
    { path: '/setup', component: () => import('./views/SetupView.vue'), meta: { open: true } },
    {
        path: '/invite/:token',
        component: () => import('./views/InviteView.vue'),
        meta: { open: true },
    },
    {
        path: '/reset/:token',
        component: () => import('./views/ResetView.vue'),
        meta: { open: true },
    },
    { path: '/chat/:id?', name: 'chat', component: () => import('./views/ChatView.vue') },
    {
        path: '/overview',
        component: () => import('./views/OverviewView.vue'),
        meta: { need: 'supervisor' },
    },
    {
        path: '/admin',
        component: () => import('./views/AdminView.vue'),
        children: [
            // The first page that the role may see; everybody has an account.
            {
                path: '',
                redirect: () => {
                    const role = useSession().user?.role ?? null;
                    const first = adminPages.find((p) => mayOpen(role, p.need) && p.need);
                    return `/admin/${first?.path ?? 'account'}`;
                },
            },
            ...adminPages.map((p) => ({
                path: p.path,
                component: p.view as () => Promise<Component>,
                ...(p.need ? { meta: { need: p.need } } : {}),
            })),
        ],
    },
    { path: '/dev/kit', component: () => import('./views/KitView.vue'), meta: { open: true } },
    {
        path: '/:rest(.*)*',
        name: 'missing',
        component: () => import('./views/NotFoundView.vue'),
        meta: { open: true },
    },
];

export const router = createRouter({ history: createWebHistory(), routes });

/** Pages whose words are not in the first bundle. */
const MORE_WORDS = /^\/(admin|overview|setup|invite|reset)\b/;

/** Asked once; after a finished set-up the answer cannot change back. */
let setupNeeded: boolean | null = null;
let isDemo = false;
let asked = false;

export const demo = () => isDemo;

export function setupDone() {
    setupNeeded = false;
}

async function askServer() {
    const session = useSession();
    if (setupNeeded === null) {
        const answer = await setupState();
        setupNeeded = answer.needed;
        isDemo = answer.demo;
    }
    if (!asked && !setupNeeded) {
        await session.load();
        asked = true;
    }
}

router.beforeEach(async (to) => {
    if (to.path === '/dev/kit') {
        await loadAdminWords();
        return true;
    }
    const session = useSession();
    await askServer();
    if (MORE_WORDS.test(to.path)) await loadAdminWords();
    const who = { setupNeeded: setupNeeded ?? false, role: session.user?.role ?? null };
    const v = verdict(to.path, to.fullPath, to.meta, who);
    // A page above one's role keeps its address; the shell says there who can grant it.
    if (v.go || 'denied' in v) return true;
    return { path: v.path, ...(v.query ? { query: v.query } : {}), replace: true };
});

/** The server could not be asked, or a part of the desk could not be loaded. */
export const bootError = shallowRef<unknown>(null);

const RELOADED = 'zx.reloaded';
router.onError((e, to) => {
    const text = String((e as Error)?.message ?? '');
    // The server was updated and the old parts are gone: load the new desk, once.
    if (/dynamically imported module|preload CSS/i.test(text) && !sessionStorage[RELOADED]) {
        sessionStorage[RELOADED] = '1';
        location.assign(to.fullPath);
        return;
    }
    bootError.value = e;
});
router.afterEach(() => {
    bootError.value = null;
    delete sessionStorage[RELOADED];
});
