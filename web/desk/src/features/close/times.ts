// SPDX-License-Identifier: Apache-2.0
// Times of the snooze menu, in the browser's zone: "tomorrow 9:00" is the agent's own morning.

/** `hour`:00 on the day `days` after the one of `ms`. */
export function atHour(ms: number, days: number, hour: number): number {
    const d = new Date(ms);
    d.setDate(d.getDate() + days);
    d.setHours(hour, 0, 0, 0);
    return d.getTime();
}

/** The value of a datetime-local field. */
export function localInput(ms: number): string {
    const d = new Date(ms);
    const two = (n: number) => String(n).padStart(2, '0');
    return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
}
