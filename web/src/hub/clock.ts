// SPDX-License-Identifier: Apache-2.0
// What time it is: the hub's. "12 s ago", the end of a chart and "since when" are all reckoned with this
// one number, so a browser whose clock is wrong shows the same as every other.
import { signal } from '@preact/signals';

const TICK_MS = 5000;

// Between which the hub's clock minus this browser's must lie.
let least_ms = -Infinity;
let most_ms = Infinity;
let skew_ms = 0;

/** Reckons with the Date of an answer. It has whole seconds and was written somewhere between sending and
 *  receiving, so each one narrows the bounds; one that contradicts them tells that a clock was set. */
export function heardDate(date: string | null, sent_ms: number, received_ms: number): void {
    const at_ms = Date.parse(date ?? '');
    if (Number.isNaN(at_ms)) return;
    const low = at_ms - received_ms;
    const high = at_ms + 1000 - sent_ms;
    const agrees = low <= most_ms && high >= least_ms;
    least_ms = agrees ? Math.max(low, least_ms) : low;
    most_ms = agrees ? Math.min(high, most_ms) : high;
    const before_ms = skew_ms;
    skew_ms = least_ms <= 0 && most_ms >= 0 ? 0 : Math.round((least_ms + most_ms) / 2);
    if (Math.abs(skew_ms - before_ms) > 1000) tick();
}

export const hubNow = (): number => Date.now() + skew_ms;

/** The hub's time as the pages show it; it moves every few seconds and with what arrives. */
export const now = signal(Date.now());

export function tick(): void {
    now.value = hubNow();
}

setInterval(tick, TICK_MS);
