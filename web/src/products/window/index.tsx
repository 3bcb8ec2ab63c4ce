// SPDX-License-Identifier: Apache-2.0
// Two products: the window, and the bare sensor, which is whatever publishes on sensor/{id}/… and says
// nothing of itself.
import './window.css';
import { hubNow } from '../../hub/clock';
import type { EventHandler } from '../../hub/fleet';
import { number } from '../../shell/format';
import type { Product } from '../../shell/product';
import { columns, humidity, latest, measures, metrics, onReading, percent, temperature } from './climate';
import { Now } from './Now';
import { WindowPanel } from './Panel';
import { settings } from './settings';
import { decisionOf, stateOf, type Decision, type WindowState } from './state';
import { Summary } from './Summary';

const onState: EventHandler = (data) => ({ change: { last_seen_at_ms: hubNow(), window: data as unknown as WindowState } });

const onControl: EventHandler = (data) => {
    const decision = data as unknown as Decision & { at_ms: number };
    return { change: { decision }, point: { metric: 'position', at_ms: decision.at_ms, value: decision.position } };
};

export const casement: Product = {
    type: 'window',
    one: 'Climate window',
    many: 'Climate windows',
    icon: 'M3.500 2.500h9a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1zM8 2.500v11M2.500 8h11',
    now: (device) => {
        const state = stateOf(device);
        if (!state) return '–';
        const wants = decisionOf(device);
        if (state.moving) return `${percent(state.position)}, moving to ${percent(state.target)}`;
        return `${percent(state.position)} open${wants && Math.abs(wants.position - state.position) > 3 ? `, decided ${percent(wants.position)}` : ''}`;
    },
    columns: [...columns, { key: 'opening', label: 'Open', value: (device) => number(stateOf(device)?.position, 0, '%') }],
    Summary,
    Panel: WindowPanel,
    metrics: [...metrics, { metric: 'position', now: (device) => decisionOf(device)?.position, label: 'Decided opening', unit: '%', decimals: 0, color: '--c-pos', span: [0, 100], step: true }],
    actions: [
        { command: 'measure', label: 'Measure now' },
        { command: 'calibrate', label: 'Calibrate', sure: 'The window will travel from end to end. Is it free to move?' },
    ],
    remedies: { motor_stall: 'calibrate', motor_uncalibrated: 'calibrate' },
    settings,
    events: { reading: onReading, state: onState, control: onControl },
};

export const sensor: Product = {
    type: '',
    owns: (device) => device.type === '' && measures(device),
    one: 'Sensor',
    many: 'Sensors',
    icon: 'M6.500 9V4a1.500 1.500 0 0 1 3 0v5a2.800 2.800 0 1 1-3 0zM8 6.500v5',
    now: (device) => [temperature(latest(device).temperature?.value), humidity(latest(device).humidity?.value)].filter((text) => text !== '–').join(', ') || '–',
    columns,
    Panel: Now,
    metrics,
};
