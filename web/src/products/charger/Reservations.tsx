// SPDX-License-Identifier: Apache-2.0
// Who has a connector kept for them: reservations are made, seen and cancelled.
import { useState } from 'preact/hooks';
import { now } from '../../hub/clock';
import { Card } from '../../shell/Card';
import { exactly, since } from '../../shell/format';
import { Icon } from '../../shell/Icon';
import type { Charger, Tag } from './api';
import { localOf, TagField } from './fields';
import { useOperations } from './operation';
import { freshId, type Reservation } from './plan';
import { guns } from './State';

const STATES: Record<Reservation['state'], [word: string, tone: string]> = {
    reserved: ['Kept', 'updating'], used: ['Used', 'ok'], cancelled: ['Cancelled', 'offline'], expired: ['Ran out', 'offline'],
};
const HOUR_MS = 3600e3;

const where = (connector: number): string => (connector ? `connector ${connector}` : 'any connector');

export function Reservations({ charger, known, tags, again }: { charger: Charger; known: Reservation[]; tags: Tag[]; again: () => void }) {
    const { said, off, busy, start } = useOperations(charger, again);
    const [tag, setTag] = useState<string | null>(null);
    const { identity } = charger;
    const shut = off !== '' || busy;
    const holder = tag ?? tags.find((one) => !one.blocked)?.id_tag ?? '';

    async function submit(event: SubmitEvent) {
        event.preventDefault();
        const data = new FormData(event.target as HTMLFormElement);
        const connectorId = Number(data.get('connector'));
        const until = new Date(String(data.get('until')));
        await start({
            name: 'ReserveNow', body: { connectorId, expiryDate: until.toISOString(), idTag: holder.trim(), reservationId: freshId() },
            doing: `Keeping ${where(connectorId)}`,
            sure: `Keep ${where(connectorId)} of ${identity} for the tag ${holder.trim()} until ${since(until.getTime())}? Nobody else can begin there.`,
            yes: 'Reserve', done: 'It is kept.', refused: 'Look whether the connector is free and without a fault, and whether the charger takes reservations.',
        });
    }
    const cancel = (one: Reservation) => start({
        name: 'CancelReservation', body: { reservationId: one.reservation_id }, doing: 'Cancelling the reservation',
        sure: `Cancel the reservation of ${where(one.connector_id)} of ${identity} for the tag ${one.id_tag}? Anybody may begin there.`,
        yes: 'Cancel it', done: 'It is cancelled.', refused: 'It knows no such reservation: it has ended already.',
    });
    return (
        <Card title="Reservations" wide={12}>
            {known.length === 0 && <p class="hint">None is known.</p>}
            <ul class="list">
                {known.map((one) => (
                    <li key={one.reservation_id}>
                        <span class={`st ${STATES[one.state][1]}`}><Icon name={one.state === 'used' ? 'ok' : one.state === 'reserved' ? 'late' : 'offline'} />{STATES[one.state][0]}</span>
                        <span class="grow"><b>{one.id_tag}</b> at {where(one.connector_id)}, until <time dateTime={new Date(one.expires_at_ms).toISOString()} title={exactly(one.expires_at_ms)}>{since(one.expires_at_ms)}</time></span>
                        {one.state === 'reserved' && <button type="button" class="btn small" disabled={shut} title={off} onClick={() => void cancel(one)}>Cancel…<span class="sr"> the reservation for {one.id_tag}</span></button>}
                    </li>
                ))}
            </ul>
            <form class="fields many operate" onSubmit={submit}>
                <label class="field"><span>Connector</span><select class="input" name="connector">{guns(charger).map((one) => <option key={one.connector_id} value={one.connector_id}>{one.connector_id}</option>)}<option value={0}>any</option></select></label>
                <TagField tags={tags} value={holder} set={setTag} list="tags-reserve" />
                <label class="field"><span>Until</span><input class="input" name="until" type="datetime-local" required min={localOf(now.value)} defaultValue={localOf(Date.now() + HOUR_MS)} /></label>
                <div class="acts"><button class="btn primary" disabled={shut || holder.trim() === ''} title={off}>Reserve…</button></div>
                <p class={said.bad ? 'failure' : 'hint'} role="status">{said.text || off}</p>
            </form>
        </Card>
    );
}
