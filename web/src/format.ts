// SPDX-License-Identifier: Apache-2.0
// Values as people read them.
import { signal } from '@preact/signals';

/** Moves every few seconds, so that "12 s ago" stays true. */
export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 5000);

export function ago(at_ms: number | null | undefined): string {
    if (!at_ms) return 'never';
    const s = Math.max(0, Math.round((now.value - at_ms) / 1000));
    if (s < 5) return 'just now';
    if (s < 60) return `${s} s ago`;
    if (s < 3600) return `${Math.round(s / 60)} min ago`;
    if (s < 48 * 3600) return `${Math.round(s / 3600)} h ago`;
    return `${Math.round(s / 86400)} days ago`;
}

export function duration(ms: number): string {
    const s = Math.floor(ms / 1000);
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min`;
    if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
    return `${Math.floor(s / 86400)} days ${Math.floor((s % 86400) / 3600)} h`;
}

export function number(value: number | null | undefined, decimals: number, unit: string): string {
    return value === null || value === undefined ? '–' : `${value.toFixed(decimals)}\u202f${unit}`;
}

export const temperature = (v: number | null | undefined): string => number(v, 1, '°C');
export const humidity = (v: number | null | undefined): string => number(v, 0, '%');
export const sound = (v: number | null | undefined): string => number(v, 0, 'dBFS');
export const percent = (v: number | null | undefined): string => number(v, 0, '%');

export const clock = (at_ms: number): string => new Date(at_ms).toLocaleTimeString();
