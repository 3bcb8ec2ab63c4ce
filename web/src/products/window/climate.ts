// SPDX-License-Identifier: Apache-2.0
// What everything that measures the air of a room has: the latest values, their columns and charts.
import type { Device } from '../../hub/api';
import { hubNow } from '../../hub/clock';
import type { EventHandler } from '../../hub/fleet';
import { number } from '../../shell/format';
import { part, type Column, type Metric } from '../../shell/product';

/** at_ms null: the hub's clock was ahead when it came, so when that was is not known. */
interface Value { value: number; at_ms: number | null }
export type Latest = Record<'temperature' | 'humidity' | 'sound', Value | null>;

export const latest = (device: Device): Latest =>
    part<Latest>(device, 'latest') ?? { temperature: null, humidity: null, sound: null };

export const measures = (device: Device): boolean => Object.values(latest(device)).some((value) => value !== null);

export const temperature = (v: number | null | undefined): string => number(v, 1, '°C');
export const humidity = (v: number | null | undefined): string => number(v, 0, '%');
export const sound = (v: number | null | undefined): string => number(v, 0, 'dBFS');
export const percent = (v: number | null | undefined): string => number(v, 0, '%');

export const columns: Column[] = [
    { key: 'temperature', label: 'Temperature', value: (device) => temperature(latest(device).temperature?.value) },
    { key: 'humidity', label: 'Humidity', value: (device) => humidity(latest(device).humidity?.value) },
    { key: 'sound', label: 'Sound', value: (device) => sound(latest(device).sound?.value) },
];

export const metrics: Metric[] = [
    { metric: 'temperature', now: (device) => latest(device).temperature?.value, label: 'Temperature', unit: '°C', decimals: 1, color: '--c-temp', least: 1 },
    { metric: 'humidity', now: (device) => latest(device).humidity?.value, label: 'Humidity', unit: '%', decimals: 0, color: '--c-hum', least: 5 },
    { metric: 'sound', now: (device) => latest(device).sound?.value, label: 'Sound', unit: 'dBFS', decimals: 0, color: '--c-sound', least: 6 },
];

export const onReading: EventHandler = (data, device) => {
    const metric = data.metric as keyof Latest;
    const point = { metric, at_ms: Number(data.at_ms), value: Number(data.value) };
    return {
        change: { last_seen_at_ms: hubNow(), latest: { ...latest(device), [metric]: { value: point.value, at_ms: point.at_ms } } },
        point,
    };
};
