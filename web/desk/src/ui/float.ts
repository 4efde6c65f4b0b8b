// SPDX-License-Identifier: Apache-2.0
// Places a floating box beside its anchor, inside the window, flipping when there is no room.
export interface Rect {
    left: number;
    top: number;
    right: number;
    bottom: number;
}

export function place(
    box: HTMLElement,
    anchor: Rect,
    side: 'below' | 'above' | 'right' = 'below',
    align: 'start' | 'end' = 'start',
    gap = 4,
) {
    const w = box.offsetWidth;
    const h = box.offsetHeight;
    const maxX = innerWidth - w - 8;
    const maxY = innerHeight - h - 8;
    let x = align === 'start' ? anchor.left : anchor.right - w;
    let y: number;
    if (side === 'right') {
        x = anchor.right + gap;
        y = align === 'end' ? anchor.bottom - h : anchor.top;
    } else {
        const below = anchor.bottom + gap;
        const above = anchor.top - gap - h;
        y =
            side === 'below'
                ? below <= maxY || above < 8
                    ? below
                    : above
                : above >= 8
                  ? above
                  : below;
    }
    box.style.left = `${Math.max(8, Math.min(x, maxX))}px`;
    box.style.top = `${Math.max(8, Math.min(y, maxY))}px`;
}
