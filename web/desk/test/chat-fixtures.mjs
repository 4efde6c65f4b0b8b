// SPDX-License-Identifier: Apache-2.0
// A shop in the middle of its day, for the workbench: conversations in every state, feelings, clocks.
const MIN = 60_000;
const HOUR = 60 * MIN;

export const shop = { id: '1', name: '云上小铺', timezone: 'Asia/Shanghai' };
export const me = {
    id: '3',
    name: '王小雨',
    nickname: '小雨',
    number: 'K003',
    email: 'xiaoyu@example.com',
    role: 'agent',
    capacity: 6,
    totp: false,
    active: true,
};
export const boss = { ...me, id: '2', name: '李秀英', nickname: '秀英', role: 'supervisor' };
export const agents = [
    { id: '3', name: '小雨', status: 'online', reason: '', open: 4, capacity: 6 },
    { id: '4', name: '小林', status: 'online', reason: '', open: 2, capacity: 6 },
    { id: '5', name: '若兮', status: 'online', reason: '', open: 6, capacity: 6 },
    { id: '2', name: '秀英', status: 'busy', reason: '', open: 1, capacity: 4 },
    { id: '6', name: '阿杰', status: 'break', reason: 'meal', open: 0, capacity: 6 },
];
const channel = { id: '1', name: '官网', kind: 'web' };
const app = { id: '2', name: '小程序', kind: 'web' };
const feel = (emotion, intensity, evidence, more = {}) => ({
    emotion,
    intensity,
    intents: [{ code: 'return_refund', p: 0.82 }],
    stage: 'after',
    evidence,
    model: 'rules-1',
    saw_seq: 0,
    ...more,
});

/** `say(role, text, secondsAgo, more)` builds a thread; seq is the place in it. */
export function thread(id, start) {
    const list = [];
    const now = Date.now();
    const say = (role, text, ago, more = {}) =>
        list.push({
            conversation: id,
            seq: list.length + 1,
            role,
            kind: 'text',
            text,
            at: now - ago * 1000,
            ...(role === 'agent' ? { sender: { id: me.id, name: me.nickname } } : {}),
            ...more,
        });
    start(say);
    return list;
}

function ev(text, words, label, why) {
    const at = Array.from(text.slice(0, text.indexOf(words))).length;
    return { label, start: at, end: at + Array.from(words).length, text: words, why };
}

const shrink = '洗了一次就缩水，这也太离谱了吧';
const who = '那到底谁出运费？等了半天了';
export function conversations() {
    const now = Date.now();
    const base = (id, name, more) => ({
        id,
        channel,
        status: 'open',
        stage: 'after',
        assignee: { id: me.id, name: me.nickname },
        customer: { id: `9${id}`, name, visitor: true, blocked: false, vip: '', returning: false },
        unread: 0,
        agent_read_seq: 0,
        visitor_read_seq: 0,
        emotion: 'calm',
        intensity: 0,
        priority: 0,
        tags: [],
        queued_at: now - 20 * MIN,
        created_at: now - 20 * MIN,
        updated_at: now - MIN,
        closed_at: null,
        close_reason: null,
        snooze_until: null,
        sla: null,
        page: { url: 'https://shop.example.com/item/1033', title: '法兰绒睡袍 SKU1033' },
        rating: null,
        subject: '',
        ...more,
    });
    const sla = (kind, left) => ({
        kind,
        started_at: now + left * 1000 - 20_000,
        due_at: now + left * 1000,
        limit_ms: 20_000,
        paused: false,
    });
    const all = [];
    const add = (row, msgs) => {
        const last = msgs.filter((m) => m.role !== 'system').at(-1);
        row.last_seq = msgs.length;
        row.last = last ? { role: last.role, kind: last.kind, text: last.text, at: last.at } : null;
        row.updated_at = last?.at ?? row.created_at;
        row.agent_read_seq = row.last_seq - row.unread;
        row.visitor_read_seq = Math.max(0, row.last_seq - 2);
        all.push({ row, msgs });
    };
    add(
        base('101', '王子涵', {
            emotion: 'disappointed',
            intensity: 2,
            unread: 2,
            sla: sla('reply', 14),
            tags: ['缩水', '退货'],
            priority: 2,
            customer: {
                id: '9101',
                name: '王子涵',
                visitor: false,
                blocked: false,
                vip: 'V3',
                returning: true,
            },
            subject: '洗后缩水',
        }),
        thread('101', (say) => {
            say('system', 'conversation.assigned', 1300, { sender: { id: '3', name: '小雨' } });
            say('customer', '你好，在吗', 1290);
            say('agent', '在的，我是小雨。您请说，这边一直在。', 1280);
            say('customer', '上周买的法兰绒睡袍', 1260);
            say('customer', shrink, 1240, {
                understanding: feel('disappointed', 2, [
                    ev(shrink, '太离谱', 'disappointed', 'emo.absurd'),
                    ev(shrink, '缩水', 'damaged_defect', 'int.shrink'),
                ]),
            });
            say('customer', '', 1235, {
                kind: 'image',
                file: {
                    id: 'f1',
                    name: '睡袍对比.png',
                    type: 'image/png',
                    bytes: 421_000,
                    width: 640,
                    height: 420,
                    url: '/api/files/f1',
                },
            });
            say(
                'agent',
                '先跟您说声抱歉，图看到了，袖口短了一截。这件登记的洗涤方式是 30℃ 以下机洗，您当时用的是热水还是冷水？',
                1200,
            );
            say('customer', '就是冷水洗的，按标签来的', 1180, {
                understanding: feel('anxious', 1, []),
            });
            say('agent', '上次已补过 20 元券，这次走质量问题，运费商家承担。', 1150, {
                kind: 'note',
                sender: { id: '4', name: '小林' },
            });
            say(
                'agent',
                '明白了，按标签洗还缩水，这是我们的质量问题。退或换您来定，运费我们承担。',
                1100,
            );
            say('customer', '订单号 D20261118-7731', 90);
            say('customer', '退货说明在这里 https://shop.example.com/help/return 是这个吗', 60);
            say('customer', who, 12, {
                understanding: feel('disappointed', 2, [
                    ev(who, '等了半天', 'disappointed', 'emo.waited'),
                    ev(who, '运费', 'ship_fee', 'int.ship_fee'),
                ]),
            });
        }),
    );
    add(
        base('102', '陈雨诺', {
            channel: app,
            emotion: 'angry',
            intensity: 3,
            unread: 3,
            sla: sla('greeting', -3),
            priority: 3,
            stage: 'after',
        }),
        thread('102', (say) => {
            say('customer', '有人吗', 40);
            say('customer', '我要投诉，东西碎了一地还让我自己拍视频', 30, {
                understanding: feel('angry', 3, [
                    { label: 'angry', start: 0, end: 4, text: '我要投诉', why: 'emo.complain' },
                ]),
            });
            say('customer', '再不理我就找平台了', 18);
        }),
    );
    add(
        base('103', '李萱子', {
            channel: app,
            status: 'waiting',
            stage: 'pre',
            emotion: 'pleased',
        }),
        thread('103', (say) => {
            say('customer', '尺码偏大还是偏小呀', 900);
            say('agent', '标准码，您平时穿 M 就拍 M，想宽松一点可以拍 L。', 880);
            say('customer', '好的谢谢，很清楚', 860, { understanding: feel('pleased', 1, []) });
            say('agent', '不客气，收到后有任何不合适都可以换。', 850);
        }),
    );
    add(
        base('104', '周启明', { status: 'waiting', stage: 'in' }),
        thread('104', (say) => {
            const lines = [
                '这个什么时候发货',
                '颜色和图片一样吗',
                '可以开发票吗，抬头写公司',
                '好的',
                '我再想想，家里老人用的，怕太硬',
                '收到货了，挺好',
            ];
            const answers = [
                '今天下午 4 点前发出。',
                '实物和主图一致，色差在可接受范围内。',
                '可以的，发您开票链接。',
                '好的，随时找我。',
                '软硬适中，支持七天无理由。',
                '那就好，用着有问题随时说。',
            ];
            for (let i = 0; i < 2000; i++) {
                const ago = (2000 - i) * 400 + 400;
                if (i % 2 === 0)
                    say('customer', `${lines[(i / 2) % lines.length]} (${i + 1})`, ago);
                else say('agent', answers[((i - 1) / 2) % answers.length], ago);
            }
        }),
    );
    add(
        base('105', '赵一宁', {
            status: 'snoozed',
            snooze_until: now + 3 * HOUR,
            stage: 'after',
            tags: ['等仓库'],
        }),
        thread('105', (say) => {
            say('customer', '那我等仓库回复', 5000);
            say('agent', '好的，下午 3 点前给您答复。', 4900);
        }),
    );
    for (const [i, [name, text, emotion]] of [
        ['刘思远', '请问几天能到成都', 'calm'],
        ['孙可欣', '怎么还没发货啊急死了', 'anxious'],
        ['访客 3F7A', '这款有现货吗', 'calm'],
    ].entries()) {
        add(
            base(`20${i}`, name, {
                status: 'queued',
                assignee: null,
                stage: 'in',
                emotion,
                intensity: emotion === 'calm' ? 0 : 2,
                unread: 1,
                queued_at: now - (i + 1) * 25_000,
                sla: sla('greeting', -2 - i * 7),
                priority: emotion === 'calm' ? 0 : 1,
            }),
            thread(`20${i}`, (say) => say('customer', text, (i + 1) * 25)),
        );
    }
    add(
        base('301', '吴悠', { assignee: { id: '4', name: '小林' }, stage: 'pre' }),
        thread('301', (say) => {
            say('customer', '送妈妈的，哪款好', 300);
            say('agent', '妈妈平时怕冷吗？', 290, { sender: { id: '4', name: '小林' } });
            say('customer', '有点怕', 60);
        }),
    );
    add(
        base('401', '郑好', {
            status: 'closed',
            close_reason: 'resolved',
            closed_at: now - 2 * HOUR,
            rating: { score: 5, note: '很耐心' },
            emotion: 'pleased',
        }),
        thread('401', (say) => {
            say('customer', '退款到了，谢谢', 7300);
            say('agent', '好的，祝您生活愉快。', 7250);
            say('system', 'conversation.closed', 7200, { sender: { id: '3', name: '小雨' } });
        }),
    );
    return all;
}

/** Rows for a queue that is far longer than a screen. */
export function manyRows(n) {
    const now = Date.now();
    const feelings = ['calm', 'calm', 'anxious', 'disappointed', 'angry', 'pleased'];
    return Array.from({ length: n }, (_, i) => ({
        id: String(10_000 + i),
        channel,
        status: i % 3 ? 'open' : 'queued',
        stage: 'in',
        assignee: i % 3 ? { id: '4', name: '小林' } : null,
        customer: {
            id: String(50_000 + i),
            name: `顾客 ${i + 1}`,
            visitor: true,
            blocked: false,
            vip: '',
            returning: false,
        },
        last_seq: 1,
        last: {
            role: 'customer',
            kind: 'text',
            text: `第 ${i + 1} 位：请问什么时候发货`,
            at: now - i * 1000,
        },
        unread: 1,
        agent_read_seq: 0,
        visitor_read_seq: 0,
        emotion: feelings[i % feelings.length],
        intensity: 1,
        priority: 0,
        tags: [],
        queued_at: now - i * 1000,
        created_at: now - i * 1000,
        updated_at: now - i * 1000,
        closed_at: null,
        close_reason: null,
        snooze_until: null,
        sla: null,
        page: null,
        rating: null,
        subject: '',
    }));
}

export const suggestions = [
    {
        id: 'after.freight',
        version: '3',
        title: '说明运费由谁承担',
        text: '运费我们承担，您不用垫付。我现在给您开上门取件，快递员 2 小时内联系您，取走后 24 小时内退款到账。',
        situation: '',
        facts: [
            { name: 'policy.freight', value: '质量问题运费商家承担', source: '售后政策 v12 §3' },
        ],
        rules: ['AFT-4'],
        score: 0.86,
        step: 'answer',
    },
    {
        id: 'emo.wait',
        version: '1',
        title: '先为等待道歉',
        text: '让您等久了，是我这边查资料没及时说一声。您的事我一直在跟，现在就给您准信。',
        situation: '',
        facts: [],
        rules: ['EMO-2', 'MET-1'],
        score: 0.74,
        step: 'empathise',
    },
    {
        id: 'after.choice',
        version: '2',
        title: '给两个方案',
        text: '两个办法您挑一个：一是退货退款，二是换同款加大一码，都由我们出运费。您看哪个合适？',
        situation: '',
        facts: [{ name: 'stock.l', value: 'L 码有货 23 件', source: '库存 09:40' }],
        rules: ['AFT-5'],
        score: 0.66,
        step: 'act',
    },
    {
        id: 'close.confirm',
        version: '1',
        title: '确认还有没有别的事',
        text: '除了运费，还有别的要我一起办的吗？',
        situation: '',
        facts: [],
        rules: [],
        score: 0.4,
        step: 'close',
    },
];
export const scripts = [
    {
        id: 'greet.first',
        title: '首次问候',
        text: '{you}好，我是{shop.name}的客服{agent.nickname}，今天想看点什么？',
        intents: ['greeting'],
        stage: 'pre',
        emotion: '',
        rules: [],
        shortcut: 'wenhou',
    },
    {
        id: 'after.freight',
        title: '说明运费由谁承担',
        text: '运费我们承担，{you}不用垫付，{promise.time}前给{you}取件单号。',
        intents: ['ship_fee'],
        stage: 'after',
        emotion: '',
        rules: [],
        shortcut: 'yunfei',
    },
    {
        id: 'need.size',
        title: '问身高体重',
        text: '方便告诉我身高和体重吗？我按尺码表帮{you}挑。',
        intents: ['size_fit'],
        stage: 'pre',
        emotion: '',
        rules: [],
        shortcut: 'chima',
    },
];
export const rounds = () => {
    const now = Date.now();
    return [
        {
            kind: 'greeting',
            started_at: now - 1300_000,
            due_at: now - 1285_000,
            stopped_at: now - 1290_000,
            limit_ms: 15_000,
            late: false,
            reason: '',
            paused_ms: 0,
            queue_ms: 4000,
            agent: { id: '3', name: '小雨' },
        },
        {
            kind: 'reply',
            started_at: now - 1260_000,
            due_at: now - 1240_000,
            stopped_at: now - 1200_000,
            limit_ms: 20_000,
            late: true,
            reason: 'agent',
            paused_ms: 0,
            queue_ms: 0,
            agent: { id: '3', name: '小雨' },
        },
        {
            kind: 'reply',
            started_at: now - 1180_000,
            due_at: now - 1160_000,
            stopped_at: now - 1100_000,
            limit_ms: 20_000,
            late: true,
            reason: 'transfer',
            paused_ms: 12_000,
            queue_ms: 0,
            agent: { id: '4', name: '小林' },
        },
        {
            kind: 'reply',
            started_at: now - 12_000,
            due_at: now + 8000,
            stopped_at: null,
            limit_ms: 20_000,
            late: false,
            reason: '',
            paused_ms: 0,
            queue_ms: 0,
            agent: { id: '3', name: '小雨' },
        },
    ];
};

/** As the server would: lines that rest on messages, and the curve of what was understood. */
export function summary(row, msgs) {
    const felt = msgs.filter((m) => m.understanding);
    const seqs = (role) =>
        msgs.filter((m) => m.role === role && m.kind === 'text').map((m) => m.seq);
    const line = (kind, text, at = []) => ({ kind, text, seqs: at.slice(0, 12) });
    const asked = seqs('customer');
    const said = seqs('agent');
    return {
        last_seq: row.last_seq,
        lines: [
            line(
                'who',
                `${row.customer.name}；${row.customer.returning ? '以前来过' : '第一次来'}`,
            ),
            asked.length
                ? line('wish', '东西坏了或有瑕疵：“洗了一次就缩水”；问运费：“那到底谁出运费”', [
                      asked.at(-1),
                      asked[0],
                  ])
                : line('wish', '客户的话里还没有读出要办的事'),
            felt.length
                ? line('feeling', '起初失望；最重时失望，在说“这也太离谱了吧”时', [felt[0].seq])
                : line('feeling', '没有可以判断情绪的话'),
            said.length
                ? line('done', `小雨答复了 ${said.length} 条`, [said[0]])
                : line('done', '还没有人答复'),
            line('promised', '客服的话里没有读出承诺'),
        ],
        curve: felt.map((m) => ({
            seq: m.seq,
            at: m.at,
            emotion: m.understanding.emotion,
            intensity: m.understanding.intensity,
        })),
    };
}
