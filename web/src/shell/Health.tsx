// SPDX-License-Identifier: Apache-2.0
// How the device itself is, as it says with each status.
import type { Device } from '../hub/api';
import { Ago, Card, Facts } from './Card';
import { clockWords } from './ClockFault';
import { count, duration, sentence } from './format';

/** What every device counts; other numbers are its product's. */
const COMMON = ['uptime_ms', 'heap_free_bytes', 'heap_low_bytes', 'rssi_dbm', 'boots', 'crashes', 'brown_outs', 'reconnects',
    'journal_waiting', 'journal_dropped', 'event_dropped', 'log_errors', 'fault_number'];

const counters = (health: object): [string, string][] => Object.entries(health)
    .filter(([name, value]) => typeof value === 'number' && !COMMON.includes(name))
    .map(([name, value]) => [sentence(name.replaceAll('_', ' ')), count(value)]);

const kib = (bytes: number) => `${count(Math.round(bytes / 1024))}\u202fKiB`;

export function Health({ device: { health } }: { device: Device }) {
    return (
        <Card title="Health">
            {health ? (
                <Facts rows={[
                    ['Firmware', health.firmware],
                    ['Up for', duration(health.uptime_ms)],
                    ['Last reset', health.reset_reason],
                    ['Boots', `${count(health.boots)} (${count(health.crashes)} crashes, ${count(health.brown_outs)} brown-outs)`],
                    ['Memory free', `${kib(health.heap_free_bytes)}, lowest ${kib(health.heap_low_bytes)}`],
                    ['Errors logged', count(health.log_errors)],
                    ...counters(health),
                ]} />
            ) : <p class="hint">The device has not reported yet.</p>}
        </Card>
    );
}

export function Connection({ device }: { device: Device }) {
    const { health } = device;
    return (
        <Card title="Connection">
            <Facts rows={[
                ['Last heard', <Ago at_ms={device.last_seen_at_ms} />],
                ...(device.clock ? [['Clock', clockWords(device.clock)] as [string, string]] : []),
                ...(health ? [
                    ['Wi-Fi', health.rssi_dbm ? `${health.rssi_dbm}\u202fdBm` : 'wired'],
                    ['Reconnects', count(health.reconnects)],
                    ['Waiting to be sent', count(health.journal_waiting)],
                    ['Given up', `${count(health.journal_dropped)} records, ${count(health.event_dropped)} events`],
                ] as [string, string][] : []),
            ]} />
        </Card>
    );
}
