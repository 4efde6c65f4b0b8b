// SPDX-License-Identifier: Apache-2.0
// Where the caret of a textarea is on the screen, by a mirror of its text.
const COPY = [
    'fontFamily',
    'fontSize',
    'fontWeight',
    'lineHeight',
    'paddingTop',
    'paddingRight',
    'paddingBottom',
    'paddingLeft',
    'textAutospace',
] as const;

export function caretRect(el: HTMLTextAreaElement) {
    const m = document.createElement('div');
    const cs = getComputedStyle(el) as unknown as Record<string, string>;
    const style = m.style as unknown as Record<string, string>;
    for (const p of COPY) style[p] = cs[p] ?? '';
    m.style.position = 'fixed';
    m.style.visibility = 'hidden';
    m.style.whiteSpace = 'pre-wrap';
    m.style.overflowWrap = 'anywhere';
    m.style.width = `${el.clientWidth}px`;
    m.textContent = el.value.slice(0, el.selectionStart);
    const mark = document.createElement('span');
    mark.textContent = '\u200b';
    m.append(mark);
    document.body.append(m);
    const box = el.getBoundingClientRect();
    const left = box.left + mark.offsetLeft;
    const top = box.top + mark.offsetTop - el.scrollTop;
    const height = mark.offsetHeight;
    m.remove();
    return { left, right: left, top, bottom: top + height };
}

/** The `/word` that is being typed at the caret, when the slash begins a word; null otherwise. */
export function slashWord(text: string, caret: number): { from: number; query: string } | null {
    const before = text.slice(0, caret);
    const m = /(^|[\s\u3000-\u303f\uff00-\uffef])\/([^\s/]{0,20})$/.exec(before);
    if (!m) return null;
    return { from: caret - m[2]!.length - 1, query: m[2]! };
}
