// SPDX-License-Identifier: Apache-2.0
// The codes that a message can be given, in the order of the engine's list. A code that the server does
// not know is refused by it; labels.test.ts compares these with the words.
import type { Emotion, Labels, Message, Stage } from '@/api/types';

export const EMOTIONS: Emotion[] = ['calm', 'pleased', 'anxious', 'disappointed', 'angry'];
export const STAGES: Stage[] = ['pre', 'in', 'after'];
export const INTENTS =
    'greeting thanks bye confirm inform order_ref handoff chitchat other product_info size_fit usage_care recommend stock authenticity gift price_promo bargain coupon price_protect order_how payment order_change order_cancel invoice account ship_when courier delivery_area ship_eta track ship_fee address_change delivery_problem pickup return_refund refund_progress exchange repair_warranty missing_wrong damaged_defect install compensation complaint review'.split(
        ' ',
    );
export const INTENTS_MAX = 3;

/** What holds for a message: people's word before the machine's. */
export function labelsOf(m: Message): Labels {
    const { emotion, intensity, stage } = m.corrected ?? m.understanding!;
    const intents = m.corrected?.intents ?? m.understanding!.intents.map((i) => i.code);
    return { emotion, intensity, stage, intents: intents.slice(0, INTENTS_MAX) };
}

/** Calm has no strength, every other feeling has; empty and repeated intents go. */
export function tidy(l: Labels): Labels {
    const intents = [...new Set(l.intents.filter(Boolean))];
    const intensity = l.emotion === 'calm' ? 0 : Math.min(3, Math.max(1, l.intensity));
    return { ...l, intensity, intents: intents.length ? intents : ['other'] };
}
