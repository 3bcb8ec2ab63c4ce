// SPDX-License-Identifier: Apache-2.0
// Commands to a device, and what it answered.
import { useEffect, useState } from 'preact/hooks';
import { call, devicePath, type Command, type Device } from '../api';
import { commanded } from '../fleet';
import { clock } from '../format';

const BUTTONS: { command: string; label: string; args?: object; sure?: string }[] = [
    { command: 'measure', label: 'Measure now' },
    { command: 'calibrate', label: 'Calibrate', sure: 'The window will travel from end to end. Is it free to move?' },
    { command: 'read_log', label: 'Read the log' },
    { command: 'settings', label: 'Show settings' },
    { command: 'log_level', label: 'Log in detail', args: { level: 'debug' } },
    { command: 'reboot', label: 'Reboot', sure: 'Reboot the device now?' },
];

function text(answer: unknown): string {
    if (answer === null || answer === undefined) return '';
    const log = (answer as { log?: unknown }).log;
    return typeof log === 'string' ? log : JSON.stringify(answer, null, 1);
}

export function Commands({ device }: { device: Device }) {
    const [list, setList] = useState<Command[]>([]);
    const [failure, setFailure] = useState('');
    const path = `${devicePath(device.device_id)}/commands`;

    const load = () => call<{ commands: Command[] }>('GET', `${path}?limit=10`).then(
        (page) => setList(page.commands), (error) => setFailure((error as Error).message));
    useEffect(() => void load(), [device.device_id]);
    useEffect(() => commanded.subscribe((c) => c?.device_id === device.device_id && void load()), [device.device_id]);

    async function send(button: (typeof BUTTONS)[number]) {
        if (button.sure && !confirm(button.sure)) return;
        setFailure('');
        try {
            await call('POST', path, { command: button.command, args: button.args });
            await load();
        } catch (error) {
            setFailure((error as Error).message);
        }
    }

    return (
        <section class="card">
            <h2>Commands</h2>
            <div class="buttons">
                {BUTTONS.map((button) => (
                    <button type="button" disabled={!device.online} onClick={() => send(button)}>{button.label}</button>
                ))}
            </div>
            {failure && <p class="failure" role="alert">{failure}</p>}
            <ol class="commands">
                {list.map((c) => (
                    <li key={c.command_id}>
                        <details>
                            <summary>
                                <span class={`state ${c.state}`}>{c.state}</span> {c.command} <small>{clock(c.created_at_ms)}</small>
                            </summary>
                            <pre>{text(c.answer) || 'No answer.'}</pre>
                        </details>
                    </li>
                ))}
            </ol>
        </section>
    );
}
