// SPDX-License-Identifier: Apache-2.0
// The windows together, on the overview.
import type { Device } from '../../hub/api';
import { Figures } from '../../shell/Card';
import { count } from '../../shell/format';
import { DeviceLines } from '../../shell/DeviceLines';
import { latest, percent, temperature } from './climate';
import { stateOf } from './state';

function mean(values: (number | undefined)[]): number | null {
    const known = values.filter((value) => value !== undefined);
    return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

export function Summary({ devices }: { devices: Device[] }) {
    const moving = devices.filter((device) => stateOf(device)?.moving).length;
    return (
        <>
            <p class="big">{percent(mean(devices.map((device) => stateOf(device)?.position)))} <small>open{devices.length > 1 ? ' on average' : ''}</small></p>
            <Figures rows={[
                [temperature(mean(devices.map((device) => latest(device).temperature?.value))), devices.length > 1 ? 'mean inside' : 'inside'],
                [count(moving), 'moving now'],
                [count(devices.filter((device) => stateOf(device)?.calibrated === false).length), 'not calibrated'],
            ]} />
            <DeviceLines devices={devices} />
        </>
    );
}
