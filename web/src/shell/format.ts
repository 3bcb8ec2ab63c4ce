// SPDX-License-Identifier: Apache-2.0
// Values as people read them, in the reader's own way.
import { now } from '../hub/clock';

const day = new Intl.DateTimeFormat([], { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const exact = new Intl.DateTimeFormat([], { dateStyle: 'full', timeStyle: 'long' });
const clockTime = new Intl.DateTimeFormat([], { timeStyle: 'medium' });
const minute = new Intl.DateTimeFormat([], { timeStyle: 'short' });
const today = new Intl.DateTimeFormat([], { weekday: 'long', day: 'numeric', month: 'long' });

/** Relative up to a day, then the local date. */
export function ago(at_ms: number | null | undefined): string {
    if (!at_ms) return 'never';
    const ahead_ms = at_ms - now.value;
    if (ahead_ms > 60000) return ahead_ms < 86400e3 ? `${duration(ahead_ms)} ahead` : day.format(at_ms);
    const s = Math.max(0, Math.round(-ahead_ms / 1000));
    if (s < 5) return 'just now';
    if (s < 60) return `${s}\u202fs ago`;
    if (s < 3600) return `${Math.round(s / 60)}\u202fmin ago`;
    if (s < 86400) return `${Math.round(s / 3600)}\u202fh ago`;
    return day.format(at_ms);
}

export function duration(ms: number): string {
    const s = Math.floor(ms / 1000);
    if (s < 60) return `${s}\u202fs`;
    if (s < 3600) return `${Math.floor(s / 60)}\u202fmin`;
    if (s < 86400) return `${Math.floor(s / 3600)}\u202fh ${Math.floor((s % 3600) / 60)}\u202fmin`;
    return `${plural(Math.floor(s / 86400), 'day', 'days')} ${Math.floor((s % 86400) / 3600)}\u202fh`;
}

export function number(value: number | null | undefined, decimals: number, unit: string): string {
    if (value === null || value === undefined) return '–';
    const text = value.toLocaleString([], { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    return unit ? `${text}\u202f${unit}` : text;
}

export const count = (value: number): string => value.toLocaleString();
export const plural = (value: number, one: string, many: string): string => `${count(value)} ${value === 1 ? one : many}`;
export const sentence = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1);
export const clock = (at_ms: number): string => clockTime.format(at_ms);
/** A moment that something goes on from: the clock, with the day when that was another one. */
export const since = (at_ms: number): string => (new Date(at_ms).toDateString() === new Date(now.value).toDateString() ? minute : day).format(at_ms);
export const exactly = (at_ms: number): string => exact.format(at_ms);
export const date = (at_ms: number): string => `${today.format(at_ms)}, ${minute.format(at_ms)}`;
