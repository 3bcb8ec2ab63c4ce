// SPDX-License-Identifier: Apache-2.0
import type { Device } from '../api';

/** One word for how a device is; the colour only repeats the word. */
export function statusOf(device: Device): 'pending' | 'fault' | 'online' | 'active' | 'inactive' {
    if (!device.claimed) return 'pending';
    if (device.health?.fault && device.active) return 'fault';
    if (device.online && device.active) return 'online';
    return device.active ? 'active' : 'inactive';
}

export function Status({ device }: { device: Device }) {
    const status = statusOf(device);
    return <span class={`status ${status}`}>{status}</span>;
}
