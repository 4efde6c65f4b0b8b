// SPDX-License-Identifier: Apache-2.0
// Words of the hand-over summary. They load with it and not with the first screen, which counts every byte.
import { type Locale, locale } from './index';

const zhCN = {
    title: '交接摘要',
    preview: '接手的同事会看到',
    who: '是谁',
    wish: '要什么',
    feeling: '情绪',
    done: '做过什么',
    promised: '答应过什么',
    none: '还没有可以总结的消息',
    noneText: '顾客说出来意以后再看。',
    go: '看第 {n} 条消息',
    curve: '情绪曲线，共 {n} 条消息。起初{start}，最低{worst}，现在{now}。',
    table: '每条消息的情绪',
    message: '消息',
    time: '时间',
    strength: '强度',
};
export type SummaryKey = keyof typeof zhCN;
export const summaryWords: Record<Locale, Record<SummaryKey, string>> = {
    'zh-CN': zhCN,
    'zh-TW': {
        title: '交接摘要',
        preview: '接手的同事會看到',
        who: '是誰',
        wish: '要什麼',
        feeling: '情緒',
        done: '做過什麼',
        promised: '答應過什麼',
        none: '還沒有可以總結的訊息',
        noneText: '顧客說出來意以後再看。',
        go: '看第 {n} 則訊息',
        curve: '情緒曲線，共 {n} 則訊息。起初{start}，最低{worst}，現在{now}。',
        table: '每則訊息的情緒',
        message: '訊息',
        time: '時間',
        strength: '強度',
    },
    en: {
        title: 'Handover summary',
        preview: 'What your colleague will see',
        who: 'Who',
        wish: 'Wish',
        feeling: 'Feeling',
        done: 'Done',
        promised: 'Promised',
        none: 'Nothing to sum up yet',
        noneText: 'Look again when the customer has said what it is about.',
        go: 'Show message {n}',
        curve: 'Curve of feeling over {n} messages. At first {start}, at worst {worst}, now {now}.',
        table: 'Feeling of each message',
        message: 'Message',
        time: 'Time',
        strength: 'Strength',
    },
};

/** As `t`, for the words above. */
export const say = (key: SummaryKey, vars: Record<string, string | number> = {}): string =>
    summaryWords[locale.value][key].replace(/\{(\w+)\}/g, (m, k) => String(vars[k] ?? m));
