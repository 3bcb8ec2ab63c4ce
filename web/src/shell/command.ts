// SPDX-License-Identifier: Apache-2.0
// Sending commands to a device, and why that cannot be done just now.
import { call, devicePath, type Command, type Device } from '../hub/api';
import { commanded } from '../hub/fleet';
import { reach } from '../hub/live';

const ANSWER_MS = 12000; // the hub gives up after 10 s

/** "" when commands can be sent. */
export function whyNot(device: Device): string {
    if (reach.value.state === 'lost') return 'The hub cannot be reached.';
    if (device.connectivity === 'never') return 'The device has not come home yet.';
    if (device.connectivity === 'offline') return 'The device is offline.';
    return device.online ? '' : 'The device takes no commands: it sends no status.';
}

export const sendCommand = (id: string, command: string, args?: object): Promise<Command> =>
    call<Command>('POST', `${devicePath(id)}/commands`, { command, args });

/** Sends it and waits for what the device says. Throws with the device's own words when it refuses. */
export async function askDevice(id: string, command: string, args?: object): Promise<unknown> {
    const { command_id } = await sendCommand(id, command, args);
    let stop = () => {};
    const news = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ANSWER_MS);
        const unsubscribe = commanded.subscribe((c) => c?.command_id === command_id && c.state !== 'sent' && resolve());
        stop = () => (clearTimeout(timer), unsubscribe());
    });
    await news;
    stop();
    const { state, answer } = await call<Command>('GET', `/api/v1/commands/${command_id}`);
    if (state === 'ok') return answer;
    throw new Error((answer as { message?: string } | null)?.message ?? 'The device did not answer.');
}
