// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Message } from '@/api/types';
import zhCN from '@/i18n/zh-CN';
import { EMOTIONS, INTENTS, labelsOf, STAGES, tidy } from './labels';

const message = {
    understanding: {
        emotion: 'calm',
        intensity: 0,
        intents: [{ code: 'track', p: 0.9 }],
        stage: 'in',
    },
} as unknown as Message;

describe('labels', () => {
    it('are those of the engine', () => {
        const codes = readFileSync(
            join(import.meta.dirname, '../../../../../src/nlu/codes.c'),
            'utf8',
        );
        const list = /intents\[\w+\] = \{([^}]*)\}/.exec(codes);
        expect([...(list?.[1] ?? '').matchAll(/"(\w+)"/g)].map((m) => m[1])).toEqual(INTENTS);
    });
    it('have words', () => {
        const keys = [
            ...INTENTS.map((c) => `intent.${c}`),
            ...EMOTIONS.map((c) => `emotion.${c}`),
            ...STAGES.map((c) => `stage.${c}`),
        ];
        expect(keys.filter((k) => !(k in zhCN))).toEqual([]);
    });
    it('people go before the machine', () => {
        expect(labelsOf(message)).toEqual({
            emotion: 'calm',
            intensity: 0,
            stage: 'in',
            intents: ['track'],
        });
        const corrected = {
            emotion: 'angry',
            intensity: 2,
            stage: 'after',
            intents: ['complaint'],
        } as const;
        const m = { ...message, corrected: { ...corrected, by: { id: '1', name: '' }, at: 1 } };
        expect(labelsOf(m as unknown as Message)).toEqual(corrected);
    });
    it('are made to fit before they are sent', () => {
        const l = { emotion: 'angry', intensity: 0, stage: 'in', intents: ['', 'track', 'track'] };
        expect(tidy(l as never)).toEqual({ ...l, intensity: 1, intents: ['track'] });
        expect(tidy({ ...l, emotion: 'calm', intensity: 3, intents: [''] } as never)).toEqual({
            ...l,
            emotion: 'calm',
            intensity: 0,
            intents: ['other'],
        });
    });
});
