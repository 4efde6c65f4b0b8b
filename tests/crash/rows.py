# SPDX-License-Identifier: Apache-2.0
"""Conversations of our own to play in crash tests: all kinds of text, none of anybody's customers."""
import json
import random

USER = ["您好，在吗？", "我的快递三天没动了，单号 ZX%06d", "到底什么时候能到？！", "尺码偏大，能换小一码吗", "发票抬头填错了，可以改吗？",
        "好的，谢谢", "收到的杯子裂了一条缝，照片我发给你", "能不能便宜点，我买%d件", "退款到账了吗", "😤 催了三次了", "a \"quoted\" \\ line\nand a second one",
        "买错了，想取消订单", "和图片颜色不一样啊", "嗯嗯", "那我等你消息"]
AGENT = ["您好，很高兴为您服务。", "我马上为您查一下，请稍等。", "查到了，包裹今天会送到您附近的站点。", "给您添麻烦了，我这边为您补发一件。",
         "可以的，我已经帮您改好，请刷新看看。", "退款已经提交，一般一到三个工作日到账。", "请问还有其他可以帮您的吗？", "感谢您的理解，祝您生活愉快 🌷",
         "尺码表我发给您，建议选小一码。", "已为您记下，下午四点前给您回复。"]


def conversations(n, prefix, seed):
    rng = random.Random(seed)
    for i in range(n):
        turns = [{"role": "user", "text": USER[0]}]
        for _ in range(rng.randint(4, 16)):
            role = rng.choice(("user", "agent"))
            text = rng.choice(USER if role == "user" else AGENT)
            if "%" in text:
                text = text % rng.randint(1, 999999)
            turns.append({"role": role, "text": text})
        yield {"id": "%s-%d" % (prefix, i), "turns": turns}


def write(path, rows):
    with open(path, "w", encoding="utf-8") as f:
        for row in rows:
            f.write(json.dumps(row, ensure_ascii=False) + "\n")
