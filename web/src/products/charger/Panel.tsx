// SPDX-License-Identifier: Apache-2.0
// The charger among all devices: its card on the overview, its sentence, the beginning of its device page.
import type { Device } from '../../hub/api';
import { Ago, Card, Facts, Figures } from '../../shell/Card';
import { DeviceLines } from '../../shell/DeviceLines';
import { count } from '../../shell/format';
import { part } from '../../shell/product';
import { href } from '../../shell/router';
import { getCharger } from './api';
import { signOf, useFresh } from './fresh';
import { ConnectorState, guns } from './State';
import { Stale } from './Tabs';
import { power } from './words';

export interface Known { connected: boolean; open_transactions: number; faulted_connectors: number }
export const knownOf = (device: Device): Known | null => part<Known>(device, 'charger');

export function saysNow(device: Device): string {
    const known = knownOf(device);
    if (!known) return '–';
    if (!known.connected) return known.open_transactions ? 'Not connected; charged when last heard' : 'Not connected';
    if (known.faulted_connectors) return known.faulted_connectors === 1 ? 'A connector is faulted' : `${count(known.faulted_connectors)} connectors are faulted`;
    return known.open_transactions > 1 ? `Charging at ${count(known.open_transactions)} connectors` : known.open_transactions ? 'Charging' : 'Ready';
}

export function ChargerPanel({ device }: { device: Device }) {
    const identity = device.device_id;
    const fresh = useFresh(() => getCharger(identity), 5000, [identity], signOf(identity));
    const charger = fresh.value;
    return (
        <Card title="Charger" wide={8} aside={<a class="link" href={href(['chargers', identity])}>Start, stop and settings</a>}>
            <p class="big">{saysNow(device)}</p>
            <Stale fresh={fresh} what={identity} />
            {charger && (
                <>
                    <ul class="list">
                        {guns(charger).map((one) => (
                            <li key={one.connector_id}><span>Connector {one.connector_id}</span><span class="grow"><ConnectorState status={one.status} then={!charger.online} /></span><span class="num">{one.power_w === null ? '' : power(one.power_w)}</span></li>
                        ))}
                    </ul>
                    <Facts rows={[['Firmware', charger.firmware || '–'], ['Restarted', <Ago at_ms={charger.booted_at_ms} otherwise="not said yet" />], ['Last heard', <Ago at_ms={charger.seen_at_ms} otherwise="not since the hub began" />]]} />
                </>
            )}
        </Card>
    );
}

export function ChargerSummary({ devices }: { devices: Device[] }) {
    const known = devices.map(knownOf).filter((one) => one !== null);
    const sum = (of: (one: Known) => number) => known.reduce((all, one) => all + of(one), 0);
    return (
        <>
            <p class="big">{count(sum((one) => one.open_transactions))} <small>charging now</small></p>
            <Figures rows={[[count(known.filter((one) => one.connected).length), 'connected'], [count(sum((one) => one.faulted_connectors)), 'faulted connectors']]} />
            <DeviceLines devices={devices} />
        </>
    );
}
