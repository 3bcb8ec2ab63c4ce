// SPDX-License-Identifier: Apache-2.0
// Commands to a device, and what it answered.
import { useEffect, useState } from 'preact/hooks';
import { call, devicePath, type Command, type Device } from '../hub/api';
import { commanded } from '../hub/fleet';
import { Ago, Card } from './Card';
import { answerTo, sendCommand, whyNot } from './command';
import { productOf, type Action } from './product';
import { ask } from './Question';

/** What every device understands. */
const COMMON: Action[] = [
    { command: 'read_log', label: 'Read the log' },
    { command: 'settings', label: 'Show settings' },
    { command: 'log_level', label: 'Log in detail', args: { level: 'debug' } },
    { command: 'reboot', label: 'Reboot', sure: 'Reboot the device now? It is away for some seconds.' },
];

const WORDS: Record<Command['state'], string> = { sent: 'sent', ok: 'ok', failed: 'failed', timeout: 'no answer' };

const UPDATE: Action = { command: 'update', label: 'Look for an update' };

export const actionsOf = (device: Device): Action[] =>
    [...(productOf(device)?.actions ?? []), ...(device.update ? [UPDATE] : []), ...COMMON];

/** Sends it, after asking where that is called for, and waits for the device's answer; why it was refused,
 *  by the hub or by the device, in words, or "". */
export async function act(device: Device, action: Action): Promise<string> {
    if (action.sure && !(await ask(action.sure, action.label))) return '';
    try {
        await answerTo((await sendCommand(device.device_id, action.command, action.args)).command_id);
        return '';
    } catch (error) {
        return `${action.label}: ${(error as Error).message}`;
    }
}

function text(answer: unknown): string {
    if (answer === null || answer === undefined) return '';
    const log = (answer as { log?: unknown }).log;
    return typeof log === 'string' ? log : JSON.stringify(answer, null, 1);
}

export function Commands({ device }: { device: Device }) {
    const [list, setList] = useState<Command[]>([]);
    const [failure, setFailure] = useState('');
    const [unread, setUnread] = useState('');
    const reason = whyNot(device);

    const load = () => call<{ commands: Command[] }>('GET', `${devicePath(device.device_id)}/commands?limit=10`).then(
        (page) => (setList(page.commands), setUnread('')), (error) => setUnread((error as Error).message));
    useEffect(() => void load(), [device.device_id]);
    useEffect(() => commanded.subscribe((c) => c?.device_id === device.device_id && void load()), [device.device_id]);

    async function send(action: Action) {
        setFailure('');
        setFailure(await act(device, action));
        await load();
    }

    return (
        <Card title="Commands" wide={8}>
            <div class="acts">
                {actionsOf(device).map((action) => (
                    <button type="button" class="btn small" key={action.command} disabled={reason !== ''} onClick={() => send(action)}>{action.label}</button>
                ))}
            </div>
            {reason && <p class="hint">{reason}</p>}
            {failure && <p class="failure" role="alert">{failure}</p>}
            {unread && <p class="failure" role="alert">{unread} <button type="button" class="btn small" onClick={load}>Try again</button></p>}
            {list.length === 0 && !unread && <p class="hint">None has been sent yet.</p>}
            <ol class="commands">
                {list.map((c) => (
                    <li key={c.command_id}>
                        <details>
                            <summary>
                                <span class={`outcome ${c.state}`}>{WORDS[c.state]}</span>
                                <span class="grow">{c.command}</span>
                                <Ago at_ms={c.created_at_ms} />
                            </summary>
                            <pre tabIndex={0}>{text(c.answer) || 'No answer.'}</pre>
                        </details>
                    </li>
                ))}
            </ol>
        </Card>
    );
}
