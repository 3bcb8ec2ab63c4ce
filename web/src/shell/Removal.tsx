// SPDX-License-Identifier: Apache-2.0
// A device that goes: with all that is kept under its id, and with its history where the operator says so.
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import type { Device } from '../hub/api';
import { removeDevice } from '../hub/fleet';
import { Facts } from './Card';
import { count, sentence } from './format';
import { Icon } from './Icon';
import { askWith } from './Question';
import { href } from './router';

interface Gone { name: string; rows: [name: string, value: string][] }

/** The newest removal, told on the page one lands on. */
const gone = signal<Gone | null>(null);

const words = (name: string): string => sentence(name.replaceAll('_', ' '));

/** The hub's account of what went, whatever it counts. */
function rowsOf(answer: Record<string, unknown>, skip: string): Gone['rows'] {
    return Object.entries(answer).flatMap(([name, value]): Gone['rows'] => {
        if (value === null || value === skip) return [];
        if (Array.isArray(value)) return value.length ? [[words(name), value.join(', ')]] : [];
        if (typeof value === 'object') return rowsOf(value as Record<string, unknown>, skip);
        if (typeof value === 'boolean') return [[words(name), value ? 'yes' : 'no']];
        return [[words(name), typeof value === 'number' ? count(value) : String(value)]];
    });
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
            gone.value = { name, rows: rowsOf(answer, id) };
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
            <div><strong>{gone.value.name} was removed.</strong>{gone.value.rows.length > 0 && <Facts rows={gone.value.rows} />}</div>
            <div class="acts"><button type="button" class="btn small" onClick={() => (gone.value = null)}>Dismiss</button></div>
        </div>
    );
}
