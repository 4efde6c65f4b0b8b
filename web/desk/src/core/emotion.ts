// SPDX-License-Identifier: Apache-2.0
// The five feelings: code → tone of the tokens, height on the curve. Words come from i18n.
import type { Emotion } from '@/api/types';

export const EMOTIONS: Emotion[] = ['pleased', 'calm', 'anxious', 'disappointed', 'angry'];
const TONE: Record<Emotion, string> = {
    pleased: 'pleased',
    calm: 'calm',
    anxious: 'anxious',
    disappointed: 'unhappy',
    angry: 'angry',
};
const STEP: Record<Emotion, number> = {
    pleased: 1,
    calm: 0,
    anxious: -1,
    disappointed: -2,
    angry: -3,
};

export const emotionOf = (code: string): Emotion =>
    (EMOTIONS as string[]).includes(code) ? (code as Emotion) : 'calm';
export const tone = (code: string) => TONE[emotionOf(code)];
export const step = (code: string) => STEP[emotionOf(code)];
