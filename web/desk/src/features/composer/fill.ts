// SPDX-License-Identifier: Apache-2.0
// Filling a script with what this tab knows. What it does not know stays in its braces, is selected for
// the agent to type over, and must be gone before the message goes out.
import { shallowRef } from 'vue';
import * as admin from '@/api/admin';
import type { Id, Row, User } from '@/api/types';
import { locale } from '@/i18n';

/** The same shape as the server's variables: {name}, lower-case letters, digits, dots, underscores. */
const HOLE = /\{([a-z0-9._]+)\}/g;

/** A variable, or its name in the reader's language. */
const NAMED = /\{([^{}\s]{1,40})\}/g;

/** What the variables are called; English readers get the words of the variable itself. */
const names = shallowRef<Record<string, string>>({});
export async function loadNames() {
    const of = {
        'zh-CN': () => import('@/i18n/facts/zh-CN'),
        'zh-TW': () => import('@/i18n/facts/zh-TW'),
        en: null,
    }[locale.value];
    names.value = of ? (await of()).default : {};
}
/** {promise.time} as people read it. Still a hole, that has to be filled. */
export const named = (text: string): string =>
    text.replace(HOLE, (_, name: string) => `{${names.value[name] ?? name.replace(/[._]/g, '-')}}`);

export type Facts = Record<string, string | undefined>;

export function fillScript(text: string, facts: Facts): string {
    return text.replace(HOLE, (whole, name: string) => facts[name] || whole);
}

export function holesIn(text: string): { name: string; from: number; to: number }[] {
    return [...text.matchAll(NAMED)].map((m) => ({
        name: m[1]!,
        from: m.index,
        to: m.index + m[0].length,
    }));
}

/** How each channel addresses its customers; asked once per page life. */
let forms: Promise<Map<Id, string>> | null = null;
export function addressForms(): Promise<Map<Id, string>> {
    forms ??= admin
        .channels()
        .then((page) => new Map(page.items.map((c) => [c.id, c.address_form])))
        .catch(() => {
            forms = null;
            return new Map();
        });
    return forms;
}

export function factsOf(row: Row, me: User | null, shop: string, you: string | undefined): Facts {
    return {
        you: you || '\u60a8',
        'customer.name': row.customer.name,
        'agent.nickname': me?.nickname || me?.name,
        'agent.number': me?.number,
        'shop.name': shop,
    };
}
