// SPDX-License-Identifier: Apache-2.0
// Sending commands to a device, and why that cannot be done just now.
import { call, devicePath, type Command, type Device } from '../hub/api';
import { commanded } from '../hub/fleet';
import { reach } from '../hub/live';

const ANSWER_MS = 12000; // the hub gives up after 10 s
const LOOK_MS = 2000;    // for an answer whose event was missed

/** "" when commands can be sent. */
export function whyNot(device: Device): string {
    if (reach.value.state === 'lost') return 'The hub cannot be reached.';
    if (device.connectivity === 'never') return 'The device has not come home yet.';
    if (device.connectivity === 'offline') return 'The device is offline.';
    return device.online ? '' : 'The device takes no commands: it sends no status.';
}

export const sendCommand = (id: string, command: string, args?: object): Promise<Command> =>
    call<Command>('POST', `${devicePath(id)}/commands`, { command, args });

/** The device said no, and why. */
export class Refused extends Error {}

/** Until the hub tells of a change of the command, or a while. */
function news(command_id: string): Promise<void> {
    let stop = () => {};
    const told = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        const unsubscribe = commanded.subscribe((c) => c?.command_id === command_id && c.state !== 'sent' && resolve());
        stop = () => (clearTimeout(timer), unsubscribe());
    });
    return told.finally(() => stop());
}

/** What the device says to a command that is on its way. Throws Refused when it refuses. */
export async function answerTo(command_id: string): Promise<unknown> {
    for (const end_ms = performance.now() + ANSWER_MS; ;) {
        const { state, answer } = await call<Command>('GET', `/api/v1/commands/${command_id}`);
        if (state === 'ok') return answer;
        const { message, error } = (answer ?? {}) as { message?: string; error?: string };
        if (state === 'failed') throw new Refused(message || error?.replaceAll('_', ' ') || 'The device refused and did not say why.');
        if (state === 'timeout' || performance.now() > end_ms) throw new Error('The device did not answer.');
        await news(command_id);
    }
}

/** Sends it and waits for what the device says. */
export async function askDevice(id: string, command: string, args?: object): Promise<unknown> {
    return answerTo((await sendCommand(id, command, args)).command_id);
}
