// SPDX-License-Identifier: Apache-2.0
// The demo shop: draws the goods, shows one at an address like #linen-shirt, and tells the chat what is looked at.
(() => {
    const GOODS = [
        {
            id: "linen-shirt", name: "水洗亚麻衬衫", line: "法国亚麻，微宽松", price: 239, option: "尺码", choices: ["S", "M", "L", "XL"],
            facts: ["面料：100% 亚麻，165 克", "洗涤：30℃ 以下机洗，阴干；首次会缩约 2%", "尺码：正常码，肩宽介于两码之间选大一码"],
        },
        {
            id: "wool-sweater", name: "圆领羊毛衫", line: "美利奴羊毛，十二针", price: 329, option: "尺码", choices: ["S", "M", "L"],
            facts: ["面料：100% 美利奴羊毛", "洗涤：只能手洗或干洗，机洗会缩水", "厚度：室内单穿，外出配外套"],
        },
        {
            id: "tote-bag", name: "厚帆布托特包", line: "装得下 14 寸电脑", price: 129, option: "颜色", choices: ["原色", "墨绿"],
            facts: ["尺寸：38 × 32 × 12 厘米", "承重：8 千克以内", "内袋一个，开口有磁扣"],
        },
        {
            id: "clay-mug", name: "手拉坯陶杯", line: "一次一窑，釉色略有不同", price: 78, option: "釉色", choices: ["月白", "青灰", "柿红"],
            facts: ["容量：约 300 毫升", "可以微波加热，不能放进烤箱", "到货有破损：48 小时内拍照发给客服，补发或退款"],
        },
        {
            id: "wool-scarf", name: "格纹羊毛围巾", line: "180 × 35 厘米", price: 169, option: "颜色", choices: ["赭石", "雾蓝"],
            facts: ["面料：70% 羊毛，30% 棉", "洗涤：冷水手洗，平铺晾干", "礼盒和手写卡片另收 5 元，下单时备注"],
        },
        {
            id: "cotton-throw", name: "华夫格盖毯", line: "午睡一条刚好", price: 149, option: "尺寸", choices: ["100 × 150", "150 × 200"],
            facts: ["面料：100% 棉", "洗涤：可以机洗和烘干", "新毯首次清洗会掉少量浮毛"],
        },
    ];
    // Works before the chat has loaded: calls wait in its queue.
    window.zhixin ??= (...args) => (window.zhixin.q ??= []).push(args);
    const chat = (...args) => window.zhixin(...args);
    const $ = (id) => document.getElementById(id);
    const yuan = (n) => `¥${n}`;
    const el = (tag, props, ...kids) => {
        const e = Object.assign(document.createElement(tag), props);
        e.append(...kids);
        return e;
    };
    const picture = (g) => `/demo/img/${g.id}.svg`;
    let shown;
    let bag = 0;

    const card = (g) => ({ title: g.name, subtitle: g.line, price: yuan(g.price), image: picture(g), url: `/demo#${g.id}` });

    for (const g of GOODS)
        $("list").append(
            el("li", {}, el("a", { href: `#${g.id}` },
                el("img", { src: picture(g), alt: "", width: 400, height: 400, loading: "lazy" }),
                el("b", { textContent: g.name }), el("span", { className: "soft", textContent: g.line }), el("span", { className: "price", textContent: yuan(g.price) }))));

    function route() {
        const g = GOODS.find((x) => x.id === location.hash.slice(1));
        $("home").hidden = !!g;
        $("detail").hidden = !g;
        document.title = `${g ? g.name : "知心小店"} · 演示店铺`;
        if (g) show(g);
        else if (shown) {
            shown = undefined;
            chat("context", {});
            document.getElementById(location.hash.slice(1) || "main")?.scrollIntoView();
        }
    }
    function show(g) {
        $("d-img").src = picture(g);
        $("d-name").textContent = g.name;
        $("d-line").textContent = g.line;
        $("d-price").textContent = yuan(g.price);
        $("d-opt").textContent = g.option;
        $("bought").textContent = "";
        $("d-sizes").replaceChildren(...g.choices.map((c, i) =>
            el("label", {}, el("input", { type: "radio", name: "choice", value: c, checked: i === 0 }), el("span", { textContent: c }))));
        $("d-facts").replaceChildren(...g.facts.map((f) => el("li", { textContent: f })));
        scrollTo(0, 0);
        if (shown !== undefined || performance.now() > 3000) $("d-name").focus({ preventScroll: true });
        shown = g;
        // The chat offers it as a card once it is open; nothing is sent unless the visitor says so.
        chat("product", card(g));
        chat("context", { product: g.name });
    }
    $("buy").onclick = () => {
        const choice = document.querySelector("[name=choice]:checked")?.value;
        $("bought").textContent = `${shown.name}（${choice}）已放进购物袋，袋里有 ${++bag} 件。`;
    };
    for (const b of document.querySelectorAll("[data-ask]")) b.onclick = () => chat("open");
    addEventListener("hashchange", route);
    route();
})();
