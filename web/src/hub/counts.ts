// SPDX-License-Identifier: Apache-2.0
// How many devices are in each state, and which are in a list: reckoned from the same rows that are
// shown, so that figures and rows cannot contradict each other. How a device is stays the hub's word.
import type { Counts, Device } from './api';

const NONE: Counts = {
    total: 0, unclaimed: 0,
    connectivity: { online: 0, late: 0, offline: 0, never: 0 },
    condition: { ok: 0, updating: 0, warning: 0, critical: 0 },
};

/** The counts when `by` devices more are like this one. */
function plus(counts: Counts, device: Device, by: number): Counts {
    const { connectivity, condition } = device;
    return {
        ...counts,
        total: counts.total + by,
        unclaimed: counts.unclaimed + (device.claimed ? 0 : by),
        connectivity: { ...counts.connectivity, [connectivity]: counts.connectivity[connectivity] + by },
        condition: { ...counts.condition, [condition]: counts.condition[condition] + by },
    };
}

export const countOf = (devices: Device[]): Counts => devices.reduce((sum, device) => plus(sum, device, 1), NONE);

/** The counts after a device has changed. */
export const changed = (counts: Counts, before: Device, after: Device): Counts => plus(plus(counts, before, -1), after, 1);

// As the hub searches: letters of ASCII in either case, others as they are.
const folded = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Whether the device is still one of a list's query ("q=kitchen&connectivity=offline"). */
export function matches(device: Device, query: string): boolean {
    const asked = new URLSearchParams(query);
    const is = (name: 'type' | 'connectivity' | 'condition') => !asked.get(name) || asked.get(name) === device[name];
    const part = folded(asked.get('q') ?? '');
    return is('type') && is('connectivity') && is('condition') &&
        [device.device_id, device.name, device.location].some((text) => folded(text).includes(part));
}
