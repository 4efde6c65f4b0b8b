// SPDX-License-Identifier: Apache-2.0
// The browser tab says how many customers wait: title and favicon badge.
let base = '';
let count = 0;
let alarm = false;

export function tabTitle(title: string) {
    base = title;
    paint();
}

export function tabBadge(n: number, late: boolean) {
    if (n === count && late === alarm) return;
    count = n;
    alarm = late;
    paint();
    icon();
}

function paint() {
    document.title = `${alarm ? '! ' : ''}${count ? `(${count > 99 ? '99+' : count}) ` : ''}${base}`;
}

function icon() {
    const link = document.querySelector<HTMLLinkElement>('link[rel=icon]');
    if (!link) return;
    if (!count) {
        link.href = '/assets/favicon.svg';
        return;
    }
    const c = document.createElement('canvas');
    c.width = 64;
    c.height = 64;
    const g = c.getContext('2d');
    if (!g) return;
    const img = new Image();
    img.onload = () => {
        g.drawImage(img, 0, 0, 64, 64);
        g.fillStyle = alarm ? '#b3261e' : '#e5484d';
        g.beginPath();
        g.arc(46, 18, 18, 0, 7);
        g.fill();
        g.fillStyle = '#fff';
        g.font = 'bold 24px sans-serif';
        g.textAlign = 'center';
        g.fillText(count > 9 ? '9+' : String(count), 46, 27);
        if (count) link.href = c.toDataURL();
    };
    img.src = '/assets/favicon.svg';
}
