// SPDX-License-Identifier: Apache-2.0
// A device that goes: with all that is kept under its id, and with its history where the operator says so.
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import type { Device } from '../hub/api';
import { removeDevice, type Removal } from '../hub/fleet';
import { Facts } from './Card';
import { count, sentence } from './format';
import { Icon } from './Icon';
import { askWith } from './Question';
import { href } from './router';

interface Gone { name: string; over: boolean; rows: [name: string, value: string][] }

/** The newest removal, told on the page one lands on. */
const gone = signal<Gone | null>(null);

const LABELS: Record<string, string> = { rows: 'Rows of history', streams: 'Numbered streams', retained_topics: 'Retained topics at the broker' };

/** The hub's account: what became of the history, and how much of what went. */
function rowsOf({ history, removed }: Removal): Gone['rows'] {
    const numbers = Object.entries(removed ?? {}).map(([name, value]): [string, string] => [LABELS[name] ?? sentence(name.replaceAll('_', ' ')), count(value)]);
    return history ? [['History', history], ...numbers] : numbers;
}

export function RemoveDevice({ device, off }: { device: Device; off: boolean }) {
    const [failure, setFailure] = useState('');
    const [busy, setBusy] = useState(false);
    const id = device.device_id;
    const name = device.name || id;

    async function remove() {
        const history = await askWith(`Remove ${name}? Its name, claim, commands and latest values go. It comes back as a new device when it speaks again.`, 'Remove', 'Also delete its history');
        if (history === null) return;
        setBusy(true);
        setFailure('');
        try {
            const answer = await removeDevice(id, history ? 'delete' : 'keep');
            gone.value = { name, over: answer.state !== 'removing', rows: rowsOf(answer) };
            location.hash = href(['devices']);
        } catch (error) {
            setFailure(`Not removed: ${(error as Error).message}`);
            setBusy(false);
        }
    }

    return (
        <>
            <div class="acts end"><button type="button" class="btn small" disabled={off || busy} onClick={remove}>{busy ? 'Removing…' : 'Remove this device…'}</button></div>
            {failure && <p class="failure" role="alert">{failure}</p>}
        </>
    );
}

export function Removed() {
    if (!gone.value) return null;
    return (
        <div class="banner" role="status">
            <Icon name="ok" />
            <div><strong>{gone.value.name} {gone.value.over ? 'was removed' : 'is being removed; the rest goes by itself'}.</strong>{gone.value.rows.length > 0 && <Facts rows={gone.value.rows} />}</div>
            <div class="acts"><button type="button" class="btn small" onClick={() => (gone.value = null)}>Dismiss</button></div>
        </div>
    );
}
