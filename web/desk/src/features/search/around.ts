// SPDX-License-Identifier: Apache-2.0
// A long message is shown around its first hit. Positions are code points, as in the protocol.
type Span = [number, number];

export function around(
    text: string,
    spans: Span[],
    before = 20,
    length = 96,
): { text: string; spans: Span[] } {
    const cp = Array.from(text);
    const first = spans.reduce((n, s) => Math.min(n, s[0]), cp.length);
    if (cp.length <= length || !spans.length) return { text, spans };
    const from = Math.max(0, Math.min(first - before, cp.length - length));
    const to = Math.min(cp.length, from + length);
    const head = from > 0 ? '…' : '';
    const tail = to < cp.length ? '…' : '';
    const shift = from - (head ? 1 : 0);
    const kept = spans
        .map(([a, b]): Span => [Math.max(a, from) - shift, Math.min(b, to) - shift])
        .filter(([a, b]) => b > a);
    return { text: head + cp.slice(from, to).join('') + tail, spans: kept };
}
