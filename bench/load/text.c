/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <string.h>

static const char *const clauses[] = {
    "你好，在吗",
    "我前天拍的那双鞋怎么还没发货",
    "快递到哪里了",
    "麻烦帮我看一下",
    "能不能换个大一码",
    "这个颜色还有货吗",
    "收到以后发现有点开线",
    "我想退掉可以吗",
    "运费是谁来出",
    "已经等了三天了",
    "订单里地址写错了，能改吗",
    "发票可以开公司抬头吗",
    "谢谢你啊",
    "你们周末上班吗",
    "这款适合一米七的人穿吗",
    "优惠券用不了是怎么回事",
    "上次买的比这次便宜好多",
    "能给我补个差价吗",
    "包装盒压坏了",
    "少发了一件配件",
    "客服怎么一直不回话",
    "我真的很生气",
    "赶紧给我处理一下",
    "物流显示已经签收，可是我没拿到",
    "可以送到楼上吗",
    "孩子明天生日，今天能到吗",
    "洗了一次就掉色",
    "退款什么时候到账",
    "和图片上的不太一样",
    "充电线是送的吗",
    "保修多长时间",
    "我要投诉",
    "好的，那我再等等",
    "可以先发货吗",
    "我用的是花呗付款",
    "麻烦快一点，谢谢",
    "尺码表在哪里看",
    "同城能不能当天到",
    "说明书里没有写清楚",
};

static const char hex[] = "0123456789abcdef";

size_t text_message(uint64_t id, char out[TEXT_BYTES + 1])
{
    size_t at = 0;
    out[at++] = '#';
    for (int shift = 60; shift >= 0; shift -= 4)
        out[at++] = hex[id >> shift & 15];
    out[at++] = ' ';
    uint64_t random = id * 0x9e3779b97f4a7c15ull + 1;
    for (;;) {
        random ^= random >> 29;
        random *= 0xbf58476d1ce4e5b9ull;
        random ^= random >> 32;
        const char *clause = clauses[random % (sizeof clauses / sizeof *clauses)];
        size_t length = strlen(clause);
        if (at + length + 3 > TEXT_BYTES)
            break;
        memcpy(out + at, clause, length);
        memcpy(out + at + length, "，", 3);
        at += length + 3;
    }
    while (at < TEXT_BYTES)
        out[at++] = '.';
    out[at] = '\0';
    return at;
}

int text_find_id(const uint8_t *data, size_t length, uint64_t *ret_id)
{
    for (const uint8_t *at = memchr(data, '#', length); at;
         at = memchr(at + 1, '#', length - (size_t)(at + 1 - data))) {
        uint64_t id = 0;
        size_t digit = 1;
        for (; digit <= 16 && at + digit < data + length; digit++) {
            const char *found = memchr(hex, at[digit], 16);
            if (!found)
                break;
            id = id << 4 | (uint64_t)(found - hex);
        }
        if (digit == 17) {
            *ret_id = id;
            return 1;
        }
    }
    return 0;
}
