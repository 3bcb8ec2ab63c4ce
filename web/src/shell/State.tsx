// SPDX-License-Identifier: Apache-2.0
// How a device is, in the hub's two words: a shape, a word, and a colour that only repeats them.
import type { Condition, Connectivity, Device } from '../hub/api';
import { clockWords } from './ClockFault';
import { Icon } from './Icon';

export const CONNECTIVITY: Record<Connectivity, string> = { online: 'Online', late: 'Late', offline: 'Offline', never: 'Never seen' };
export const CONDITION: Record<Condition, string> = { ok: 'Good', updating: 'Updating', warning: 'Warning', critical: 'Critical' };

/** Most urgent first. */
export const URGENCY: Condition[] = ['critical', 'warning', 'updating', 'ok'];

export function ConnectivityState({ value, pill }: { value: Connectivity; pill?: boolean }) {
    return <span class={`st ${value} ${pill ? 'pill' : ''}`}><Icon name={value} />{CONNECTIVITY[value]}</span>;
}

export function ConditionState({ value, pill }: { value: Condition; pill?: boolean }) {
    return <span class={`st ${value} ${pill ? 'pill' : ''}`}><Icon name={value} />{CONDITION[value]}</span>;
}

/** What stands behind the condition: the fault, or the update. */
export function reasonOf(device: Device): string {
    if (device.condition === 'updating') return [device.update?.state, device.update?.version].filter(Boolean).join(' ');
    return device.health?.fault_text ?? device.health?.fault?.replaceAll('_', ' ') ?? (device.clock ? `clock ${clockWords(device.clock)}` : '');
}

/** A device that gave no health yet is not called good. */
export function DeviceCondition({ device, pill }: { device: Device; pill?: boolean }) {
    return device.condition === 'ok' && !device.health
        ? <span class={`st ok unknown ${pill ? 'pill' : ''}`}>{pill ? 'No report yet' : 'no report'}</span>
        : <ConditionState value={device.condition} pill={pill} />;
}
