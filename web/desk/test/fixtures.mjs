// SPDX-License-Identifier: Apache-2.0
// Answers of docs/protocol.md §5 for the pages outside the workbench's panes. Used by the mock only.
const HOUR = 3_600_000;
const now = Date.now();

export const shop = { id: '1', name: '云上小铺', timezone: 'Asia/Shanghai' };
const user = (id, name, nickname, role, more = {}) => ({
    id,
    name,
    nickname,
    role,
    login: `u${id}`,
    number: `K${String(id).padStart(3, '0')}`,
    email: `${more.mail ?? `user${id}`}@example.com`,
    active: true,
    capacity: 6,
    max_channels: 3,
    skills: [],
    totp: false,
    home: true,
    status: 'offline',
    ...more,
});
export const users = [
    user('1', '张建国', '老板', 'owner', { status: 'online', totp: true, mail: 'zhang' }),
    user('2', '李秀英', '秀英', 'supervisor', { status: 'busy', skills: ['售后', '投诉'] }),
    user('3', '王小雨', '小雨', 'agent', {
        status: 'online',
        skills: ['尺码', '售前'],
        capacity: 4,
    }),
    user('4', '陈琳', '小琳', 'agent', { status: 'break', skills: ['英语'] }),
    user('5', '欧阳若兮', '若兮', 'agent', { active: false }),
    user('6', '赵敏', '', 'trainer'),
];
export const agents = users
    .filter((u) => u.role !== 'trainer' && u.active)
    .map((u, i) => ({
        id: u.id,
        name: u.nickname || u.name,
        status: u.status,
        reason: u.status === 'break' ? 'meal' : '',
        open: [0, 2, 4, 1][i],
        capacity: u.capacity,
        since: now - (i + 1) * 23 * 60_000,
    }));
const row = (id, name, text, emotion, status, sla, more = {}) => ({
    id,
    channel: { id: '1', name: '官网', kind: 'web' },
    customer: { id: `9${id}`, name, visitor: true, blocked: false, vip: '', returning: false },
    status,
    stage: 'after',
    assignee: status === 'queued' ? null : { id: '3', name: '小雨' },
    last_seq: 3,
    last: { role: 'customer', kind: 'text', text, at: now - 20_000 },
    unread: 1,
    agent_read_seq: 2,
    visitor_read_seq: 2,
    emotion,
    intensity: 2,
    priority: 0,
    tags: [],
    queued_at: now - 60_000,
    created_at: now - HOUR,
    updated_at: now - 20_000,
    closed_at: null,
    close_reason: null,
    snooze_until: null,
    sla,
    online: true,
    page: null,
    rating: null,
    subject: text,
    ...more,
});
export const rows = [
    row('11', '王子涵', '洗了一次就缩水，你们管不管', 'angry', 'open', {
        kind: 'reply',
        started_at: now - 62_000,
        due_at: now - 42_000,
        limit_ms: 20_000,
        paused: false,
    }),
    row('12', '陈雨诺', '我要投诉', 'disappointed', 'open', {
        kind: 'reply',
        started_at: now - 30_000,
        due_at: now - 10_000,
        limit_ms: 20_000,
        paused: false,
    }),
    row('13', '李萱子', '尺码偏大还是偏小', 'calm', 'queued', null),
];
export const setup = { needed: false, demo: true };
const snippet =
    '<script async src="https://desk.example.com/widget/loader.js" data-channel="zxc_8f2k1m"></script>';
const channel = (id, name, more = {}) => ({
    id,
    key: `zxc_${id}`,
    name,
    kind: 'web',
    color: '#0b5cd7',
    greeting: '你好，可以先帮你查订单和物流。',
    quick_questions: ['什么时候发货', '怎么选尺码', '七天无理由怎么退'],
    agent_label: '小铺客服',
    address_form: '您',
    offline_text: '我们 9:00 上班，留下联系方式，上班后第一时间回您。',
    privacy_text: '对话会被保存，用于处理您的问题。',
    allowed_origins: ['https://www.example.com', 'https://m.example.com'],
    secret: 's3cr3t-0f1e2d3c4b5a69788796a5b4c3d2e1f0',
    sla: { greeting_ms: 0, reply_ms: 0, version: 1 },
    snippet,
    ...more,
});
const span = (from, to) => ({ from, to });
const work = [span('09:00', '12:00'), span('13:00', '18:00')];
export const rules = [
    {
        id: 'blunt_refusal',
        version: '1',
        level: 'warn',
        words: ['不行', '没办法', '做不了', '办不了', '退不了', '不归我管', '不知道', '不清楚'],
        message: '“{words}”读起来像关上了门。说明原因，或给一条能走的路。',
        rewrite: '这一条目前做不到，原因是……；能替代的办法是……，您看可以吗？',
    },
    {
        id: 'absolute_term',
        version: '3',
        level: 'warn',
        words: ['最好的', '最低价', '最便宜', '绝对', '100%', '百分百', '第一品牌'],
        message: '“{words}”容易被认定为绝对化用语。',
        rewrite: '近 30 天店内较低的价格',
    },
    {
        id: 'absolute_claim',
        version: '1',
        level: 'block',
        words: ['全网第一', '全网最低', '国家级'],
        message: '“{words}”不能发出。',
        rewrite: null,
    },
    {
        id: 'rude',
        version: '1',
        level: 'off',
        words: ['闭嘴'],
        message: '先停一停。',
        rewrite: null,
    },
];
/** `text` is tried against one rule; the week is that of a small shop. */
export const guardEffect = (text, empty) => {
    const at = Array.from(text ?? '')
        .join('')
        .indexOf('最便宜');
    const hit = {
        rule: 'absolute_term',
        version: '3',
        level: 'warn',
        start: at,
        end: at + 3,
        words: '最便宜',
        message: '“最便宜”容易被认定为绝对化用语，改成能核对的事实。',
        rewrite: '近 30 天店内较低的价格',
    };
    const example = (conversation, words, said) => ({
        conversation,
        seq: 4,
        at: now - 26 * HOUR,
        text: said,
        start: said.indexOf(words),
        end: said.indexOf(words) + words.length,
    });
    return {
        since: now - 7 * 24 * HOUR,
        conversations: empty ? 0 : 412,
        messages: empty ? 0 : 3180,
        hit: empty ? 0 : 64,
        stopped: empty ? 0 : 3,
        whole: empty,
        hits: at < 0 ? [] : [hit],
        rules: empty
            ? []
            : [
                  {
                      rule: 'absolute_claim',
                      level: 'block',
                      messages: 3,
                      examples: [example('31', '全网最低', '放心，我们是全网最低的价格')],
                  },
                  {
                      rule: 'absolute_term',
                      level: 'warn',
                      messages: 61,
                      examples: [
                          example('12', '最便宜', '这款是店里最便宜的一件了'),
                          example('18', '绝对', '质量绝对没问题的亲'),
                      ],
                  },
              ],
    };
};
const script = (id, title, text, shortcut, stage, intents) => ({
    id,
    title,
    text,
    shortcut,
    stage,
    intents,
    emotion: '',
    rules: [],
});
export const scripts = [
    script(
        '1',
        '首次问候',
        '{you}好，我是{shop.name}的客服{agent.nickname}，很高兴接待{you}。今天想看点什么，还是有事要我帮忙办？',
        'wenhou',
        'pre',
        ['greeting'],
    ),
    script(
        '2',
        '说明发货时间',
        '今天 16:00 前付款的订单当天发出，之后的明天上午发出。发出后我把单号给{you}。',
        'fahuo',
        'in',
        ['ship_when'],
    ),
    script(
        '3',
        '缩水先道歉再给办法',
        '洗一次就缩水，换谁都会生气，是我们没说清楚洗法。我现在给{you}办退货，运费我们出，明天 12:00 前给{you}退款结果。',
        'suoshui',
        'after',
        ['damaged_defect', 'return_refund', 'complaint'],
    ),
    ...Array.from({ length: 48 }, (_, i) =>
        script(
            String(i + 4),
            `常用话术 ${i + 1}`,
            '这件衣服的面料是 60% 棉、40% 聚酯纤维，30℃ 以下机洗，反面晾干。',
            `hs${i + 1}`,
            ['pre', 'in', 'after'][i % 3],
            ['product_info'],
        ),
    ),
];
const act = (id, ago, action, actor, detail) => ({
    id: String(id),
    at: now - ago,
    actor,
    role: actor ? 'owner' : 'system',
    action,
    object: '3',
    detail,
    ip: '203.0.113.24',
});
const boss = { id: '1', name: '张建国' };
export const get = {
    '/api/setup': () => setup,
    '/api/users': () => ({ items: users, next: null }),
    '/api/invitations': () => ({
        items: [
            {
                id: '1',
                email: 'xiaowen@example.com',
                name: '小文',
                role: 'agent',
                created_by: '1',
                created_at: now,
                expires_at: now + 70 * HOUR,
                accepted_at: null,
            },
            {
                id: '2',
                email: 'old@example.com',
                name: '',
                role: 'supervisor',
                created_by: '1',
                created_at: now,
                expires_at: now - HOUR,
                accepted_at: null,
            },
        ],
        next: null,
    }),
    '/api/channels': () => ({
        items: [
            channel('1', '官网'),
            channel('2', '海外站', {
                color: '#86124f',
                sla: { greeting_ms: 30_000, reply_ms: 60_000, version: 2 },
            }),
        ],
        next: null,
    }),
    '/api/hours': () => ({
        timezone: 'Asia/Shanghai',
        week: [
            work,
            work,
            work,
            work,
            [span('09:00', '12:00'), span('13:00', '22:00')],
            [span('10:00', '16:00')],
            [],
        ],
        breaks: [span('15:00', '15:15')],
        holidays: [
            { date: '2027-01-01', name: '元旦', open: [] },
            { date: '2027-02-14', name: '调休上班', open: [span('09:00', '18:00')] },
        ],
        always: false,
        version: 4,
        now_open: false,
        next_open_at: now + 9 * HOUR,
    }),
    '/api/sla': () => ({ greeting_ms: 15_000, reply_ms: 20_000, warning_ms: 5_000, version: 1 }),
    '/api/guard/rules': () => ({ items: rules, next: null }),
    '/api/scripts': () => ({ items: scripts, next: null }),
    '/api/apikeys': () => ({
        items: [
            {
                id: '1',
                name: '订单同步',
                prefix: 'zxk_a8f2',
                scopes: ['read', 'chat'],
                user: '1',
                created_at: now - 900 * HOUR,
                last_used_at: now - 120_000,
            },
            {
                id: '2',
                name: '旧报表',
                prefix: 'zxk_99ab',
                scopes: ['read', 'admin'],
                user: '1',
                created_at: now - 9000 * HOUR,
                last_used_at: null,
            },
        ],
        next: null,
    }),
    '/api/webhooks': () => ({
        items: [
            {
                id: '1',
                url: 'https://erp.example.com/hooks/zhixin?shop=yunshang',
                events: ['conversation.created', 'conversation.closed', 'sla.late'],
                active: true,
                created_at: now - 900 * HOUR,
            },
        ],
        next: null,
    }),
    '/api/corrections': () => ({
        items: [
            {
                id: '12',
                conversation: '101',
                seq: 5,
                text: '都第三次问了，到底什么时候发货啊，手机号 13800000000',
                was: { emotion: 'calm', intensity: 0, intents: ['ship_when'], stage: 'pre' },
                now: {
                    emotion: 'angry',
                    intensity: 2,
                    intents: ['complaint', 'ship_when'],
                    stage: 'in',
                },
                model: 'rules-1',
                note: '追问第三次',
                by: { id: '3', name: '小雨' },
                at: now - 60_000,
            },
            {
                id: '11',
                conversation: '102',
                seq: 3,
                text: '',
                was: { emotion: 'anxious', intensity: 1, intents: ['other'], stage: 'after' },
                now: { emotion: 'calm', intensity: 0, intents: ['track'], stage: 'after' },
                model: 'rules-1',
                note: '',
                by: boss,
                at: now - 26 * HOUR,
            },
        ],
        next: '11',
        total: 31,
        drift: [
            { kind: 'emotion', from: 'calm', to: 'angry', count: 17 },
            { kind: 'intent', from: 'other', to: 'track', count: 9 },
            { kind: 'stage', from: 'pre', to: 'in', count: 2 },
        ],
    }),
    '/api/audit': () => ({
        items: [
            act(9, 60_000, 'setting.changed', boss, 'name: hours; version: 4'),
            act(8, 120_000, 'user.changed', boss, 'capacity: 6'),
            act(7, 3 * HOUR, 'login.passed', boss, ''),
            act(6, 26 * HOUR, 'login.failed', null, 'name: laoban'),
            act(5, 27 * HOUR, 'apikey.created', boss, 'name: 订单同步; scopes: 3'),
        ],
        next: '5',
    }),
    '/api/retention': () => ({ messages_days: 730, files_days: 180, audit_days: 0 }),
    '/api/overview': () => ({
        now: Date.now(),
        since: Date.now() - 24 * HOUR,
        conversations: {
            queued: 3,
            open: 7,
            snoozed: 2,
            upset: 1,
            opened: 214,
            closed: 180,
            longest_since: Date.now() - 42_000,
        },
        agents: { online: 2, busy: 1, break: 1, wrapup: 0, offline: 1, open: 7, room: 9 },
        sla: { rounds: 1620, late: 61, in_time_average_ms: 8200 },
        rating: { count: 88, average: 4.7 },
    }),
    '/api/agents': () => ({ items: agents, next: null }),
    '/api/conversations': () => ({
        items: rows,
        next: null,
        counts: { mine: 2, queue: 1, all: 3 },
    }),
    '/api/suggestions': () => ({ items: [], next: null }),
};
export const deliveries = [
    {
        id: '3',
        event: 'conversation.closed',
        status: 'delivered',
        attempts: 1,
        code: 200,
        error: null,
        created_at: now - 60_000,
        next_at: null,
    },
    {
        id: '2',
        event: 'sla.late',
        status: 'pending',
        attempts: 2,
        code: 503,
        error: null,
        created_at: now - 300_000,
        next_at: now + 90_000,
    },
    {
        id: '1',
        event: 'conversation.created',
        status: 'failed',
        attempts: 8,
        code: null,
        error: 'connection refused',
        created_at: now - 26 * HOUR,
        next_at: null,
    },
];
