// SPDX-License-Identifier: Apache-2.0
// How a connector or a transaction is: a shape, a word, and a colour that only repeats them.
import { Icon, type IconName } from '../../shell/Icon';
import type { Charger, Connector, Transaction } from './api';
import { spaced, STATES } from './words';

export const BOLT = 'M9 1.500 3.500 9H7.500L7 14.500 12.500 7H8.500z';
const PAUSE = 'M5.500 3.500v9M10.500 3.500v9';
const PLUG = 'M5.500 2v3.500M10.500 2v3.500M3.500 5.500h9v2a4.500 4.500 0 0 1-9 0zM8 12v2.500';
const CLOCK = 'M8 2.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11zM8 5v3.200l2 1.300';

/** By ChargePointStatus: the word, the tone (as of a device's states), the shape. */
const CONNECTOR: Record<string, [word: string, tone: string, shape: { name?: IconName; path?: string }]> = {
    Available: ['Available', 'ok', { name: 'ok' }],
    Preparing: ['Preparing', 'updating', { path: PLUG }],
    Charging: ['Charging', 'online', { path: BOLT }],
    SuspendedEV: ['Paused by the vehicle', 'late', { path: PAUSE }],
    SuspendedEVSE: ['Paused by the charger', 'late', { path: PAUSE }],
    Finishing: ['Finishing', 'updating', { path: PLUG }],
    Reserved: ['Reserved', 'updating', { path: CLOCK }],
    Unavailable: ['Out of service', 'offline', { name: 'offline' }],
    Faulted: ['Faulted', 'critical', { name: 'critical' }],
};

export const statusWord = (status: string | null): string => (status ? CONNECTOR[status]?.[0] ?? spaced(status) : 'Not said yet');

/** `then`: the charger is away, and this is what it said last. */
export function ConnectorState({ status, then, pill }: { status: string | null; then?: boolean; pill?: boolean }) {
    const [word, tone, shape] = CONNECTOR[status ?? ''] ?? [statusWord(status), 'unknown', { name: 'unknown' as IconName }];
    return <span class={`st ${then ? 'unknown' : tone} ${pill ? 'pill' : ''}`}><Icon {...shape} />{word}{then && ', last known'}</span>;
}

const TX: Record<Transaction['state'], [tone: string, shape: { name?: IconName; path?: string }]> = {
    open: ['online', { path: BOLT }], closed: ['ok', { name: 'ok' }], left: ['warning', { name: 'warning' }], unmatched: ['warning', { name: 'unknown' }],
};

export function TransactionState({ state, pill }: { state: Transaction['state']; pill?: boolean }) {
    const [tone, shape] = TX[state];
    return <span class={`st ${tone} ${pill ? 'pill' : ''}`}><Icon {...shape} />{STATES[state]}</span>;
}

export function Online({ charger, pill }: { charger: Charger; pill?: boolean }) {
    const cls = pill ? 'pill' : '';
    if (charger.online) return <span class={`st online ${cls}`}><Icon name="online" />Online</span>;
    return charger.booted
        ? <span class={`st offline ${cls}`}><Icon name="offline" />Offline</span>
        : <span class={`st never ${cls}`}><Icon name="never" />Never seen</span>;
}

/** Of a connector with a fault: what it is, in words, with what the charger says beside it. */
export function faultOf({ error_code, info, vendor_error_code }: { error_code: string | null; info?: string; vendor_error_code?: string }): string {
    if (!error_code || error_code === 'NoError') return '';
    return [spaced(error_code), info, vendor_error_code && `(${vendor_error_code})`].filter(Boolean).join(' ');
}

export const guns = (charger: Charger): Connector[] => charger.connectors.filter((one) => one.connector_id > 0);

/** Its faults, each with where it is. */
export function faultsOf(charger: Charger): string[] {
    return charger.connectors.flatMap((one) => {
        const fault = faultOf(one);
        return fault ? [one.connector_id ? `Connector ${one.connector_id}: ${fault}` : fault] : [];
    });
}
