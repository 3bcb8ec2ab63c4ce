// SPDX-License-Identifier: Apache-2.0
import type { Device } from '../hub/api';
import { count } from './format';
import { productOf } from './product';
import { deviceHref } from './router';

/** A few devices by name, each with its own sentence. */
export function DeviceLines({ devices: mine }: { devices: Device[] }) {
    return (
        <ul class="list">
            {mine.slice(0, 4).map((device) => (
                <li key={device.device_id}>
                    <a class="grow ell" href={deviceHref(device.device_id)}>{device.name || device.device_id}</a>
                    <span class="ell">{productOf(device)?.now?.(device) ?? (device.type || 'unknown kind')}</span>
                </li>
            ))}
            {mine.length > 4 && <li class="hint">and {count(mine.length - 4)} more</li>}
        </ul>
    );
}
