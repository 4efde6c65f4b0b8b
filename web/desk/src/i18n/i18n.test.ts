// SPDX-License-Identifier: Apache-2.0
// Three languages, the same keys, the same holes; and every key that the source names exists.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import en from './en';
import enAdmin from './en.admin';
import { guessLocale } from './index';
import zhCN from './zh-CN';
import zhCNAdmin from './zh-CN.admin';
import zhTW from './zh-TW';
import zhTWAdmin from './zh-TW.admin';

type Words = Record<string, string>;
const base: Words = { ...zhCN, ...zhCNAdmin };
const others: [string, Words][] = [
    ['zh-TW', { ...zhTW, ...zhTWAdmin }],
    ['en', { ...en, ...enAdmin }],
];
const holes = (s: string) => (s.match(/\{\w+\}/g) ?? []).sort();

const src = join(import.meta.dirname, '..');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((f) => /\.(vue|ts)$/.test(f) && !/^i18n|\.test\.ts$/.test(f))
    .map((f) => ({ name: f, text: readFileSync(join(src, f), 'utf8') }));

describe('words', () => {
    it.each(others)('%s has the keys of zh-CN, none empty', (_, words) => {
        expect(Object.keys(words).sort()).toEqual(Object.keys(base).sort());
        expect(Object.entries(words).filter(([, v]) => !v.trim())).toEqual([]);
    });
    it.each(others)('%s has the same {holes}', (_, words) => {
        for (const [key, text] of Object.entries(base)) {
            expect(holes(words[key] ?? ''), key).toEqual(holes(text));
        }
    });
    it('core and admin words do not share a key', () => {
        expect(Object.keys(zhCNAdmin).filter((k) => k in zhCN)).toEqual([]);
    });
    it('every literal key exists', () => {
        // t('key'), t(a ? 'key' : 'other'), and the tables of commands, places and pages.
        const uses = [
            /\bt\(\s*'([^']+)'/g,
            /\bt\([^)'`]*\? '([^']+)'/g,
            /\bt\([^)'`]*\? '[^']+'\s*: '([^']+)'/g,
            /\b(?:label|group): '([^']+)'/g,
        ];
        const missing = files.flatMap(({ name, text }) =>
            uses.flatMap((use) =>
                [...text.matchAll(use)]
                    .filter((m) => !(m[1]! in base))
                    .map((m) => `${name}: ${m[1]}`),
            ),
        );
        expect(missing).toEqual([]);
    });
    it('every guard rule that ships has a name', () => {
        const path = join(src, '../../../content/guard/rules.json');
        const rules: { id: string }[] = JSON.parse(readFileSync(path, 'utf8')).rules;
        expect(rules.length).toBeGreaterThan(30);
        expect(rules.map((r) => r.id).filter((id) => !(`guardRules.name.${id}` in base))).toEqual(
            [],
        );
    });
    it('every patterned key has words', () => {
        const missing: string[] = [];
        const keys = Object.keys(base);
        for (const { name, text } of files) {
            for (const m of text.matchAll(/\bt\(`([^`$]*)\$\{[^}]*\}([^`]*)`/g)) {
                const [, head = '', tail = ''] = m;
                if (
                    !keys.some(
                        (k) => k.startsWith(head) && k.endsWith(tail) && k.length > head.length,
                    )
                ) {
                    missing.push(`${name}: ${m[0]}`);
                }
            }
        }
        expect(missing).toEqual([]);
    });
    it('Chinese and Latin are set apart by the style sheet, not by two spaces', () => {
        expect(Object.entries(base).filter(([, v]) => /\s{2}/.test(v))).toEqual([]);
    });
});

describe('guessLocale', () => {
    it.each([
        [['zh-HK', 'en'], 'zh-TW'],
        [['zh-Hant-SG'], 'zh-TW'],
        [['zh-SG'], 'zh-CN'],
        [['en-GB', 'zh-CN'], 'en'],
        [['fr', 'de'], 'zh-CN'],
    ])('%j', (languages, want) => expect(guessLocale(languages)).toBe(want));
});
