// SPDX-License-Identifier: Apache-2.0
// What a charger was told to allow and when: its charging profiles, drawn, made and cleared; and what it makes of them all.
import { useState } from 'preact/hooks';
import { now } from '../../hub/clock';
import { Card } from '../../shell/Card';
import { clock, number } from '../../shell/format';
import { wrong, type Charger } from './api';
import { useOperations, whyOff, type Operation, type Said } from './operation';
import { askComposite, PURPOSES, type Composite, type KnownProfile } from './plan';
import { ProfileForm } from './ProfileForm';
import { ScheduleDrawn } from './Schedule';
import { guns } from './State';

const where = (connector: number): string => (connector ? `connector ${connector}` : 'the whole charger');

function startOf({ profile }: KnownProfile): number | null {
    const { startSchedule } = profile.chargingSchedule;
    return profile.chargingProfileKind === 'Relative' || !startSchedule ? null : Date.parse(startSchedule);
}

const againOf = ({ profile }: KnownProfile) => (profile.chargingProfileKind === 'Recurring' ? profile.recurrencyKind ?? 'Daily' : undefined);

function Known({ known, shut, clear }: { known: KnownProfile; shut: boolean; clear: () => void }) {
    const { profile } = known;
    const name = known.name || PURPOSES[profile.chargingProfilePurpose] || profile.chargingProfilePurpose;
    const again = againOf(known);
    const over = profile.validTo !== undefined && Date.parse(profile.validTo) <= now.value;
    return (
        <li class="profile">
            <div class="grow">
                <h3>{name}{over && <span class="tag">over</span>}</h3>
                {known.description && <p>{known.description}</p>}
                <p class="hint">{[known.name && PURPOSES[profile.chargingProfilePurpose], `at ${where(known.connector_id)}`, profile.transactionId !== undefined && `transaction ${profile.transactionId}`, again && (again === 'Daily' ? 'every day' : 'every week'), `level ${profile.stackLevel}`, profile.validTo && `until ${new Date(profile.validTo).toLocaleString()}`].filter(Boolean).join(', ')}</p>
            </div>
            <ScheduleDrawn schedule={profile.chargingSchedule} start_ms={startOf(known)} again={again} now_ms={now.value} />
            <button type="button" class="btn small" disabled={shut} onClick={clear}>Clear…<span class="sr"> {name}</span></button>
        </li>
    );
}

function clearing(charger: Charger, known: KnownProfile): Operation {
    return {
        name: 'ClearChargingProfile', body: { id: known.profile.chargingProfileId }, doing: 'Clearing the profile',
        sure: `Clear ${known.name ? `“${known.name}”` : 'this profile'} from ${charger.identity}? What it limited is limited by the others only, at once.`,
        yes: 'Clear', done: 'It is cleared.', refused: 'It has no such profile any more.',
    };
}

const HOURS = [1, 6, 24];

/** Everything that limits it together, as the charger reckons it. */
function Together({ charger }: { charger: Charger }) {
    const [connector, setConnector] = useState(guns(charger)[0]?.connector_id ?? 0);
    const [hours, setHours] = useState(6);
    const [composite, setComposite] = useState<Composite | null>(null);
    const [said, setSaid] = useState<Said>({ text: '' });
    const off = whyOff(charger);
    async function submit(event: SubmitEvent) {
        event.preventDefault();
        setSaid({ text: `Asking ${charger.identity}…`, busy: true });
        await askComposite(charger.identity, connector, hours * 3600).then((got) => {
            setComposite(got);
            setSaid(got ? { text: `Of ${where(connector)}, as the charger said at ${clock(Date.now())}.` } : { text: `${charger.identity} names no schedule for ${where(connector)}. Nothing limits it, or it does not reckon with profiles.` });
        }, (error) => setSaid({ text: wrong(error, charger.identity, 'Asking what it will allow'), bad: true }));
    }
    return (
        <Card title="What it will allow" wide={12}>
            <form class="row-form" onSubmit={submit}>
                <label class="field short"><span>Connector</span><select class="input" value={connector} onChange={(event) => setConnector(Number((event.target as HTMLSelectElement).value))}>{guns(charger).map((one) => <option key={one.connector_id} value={one.connector_id}>{one.connector_id}</option>)}<option value={0}>the whole charger</option></select></label>
                <label class="field short"><span>For the next</span><select class="input" value={hours} onChange={(event) => setHours(Number((event.target as HTMLSelectElement).value))}>{HOURS.map((h) => <option key={h} value={h}>{number(h, 0, 'h')}</option>)}</select></label>
                <button class="btn" disabled={off !== '' || said.busy} title={off}>Ask the charger</button>
            </form>
            {composite && <ScheduleDrawn schedule={composite.schedule} start_ms={composite.start_ms} now_ms={now.value} />}
            <p class={said.bad ? 'failure' : 'hint'} role="status">{said.text || off || 'All profiles together, in the order in which the charger applies them.'}</p>
        </Card>
    );
}

export function Profiles({ charger, known, again }: { charger: Charger; known: KnownProfile[]; again: () => void }) {
    const { said, off, busy, start } = useOperations(charger, again);
    return (
        <>
            <Card title="Charging profiles" wide={12}>
                {known.length === 0 && <p class="hint">None is known. What a site tells its chargers is shown with the site.</p>}
                <ul class="list">{known.map((one) => <Known key={`${one.connector_id} ${one.profile.chargingProfileId}`} known={one} shut={off !== '' || busy} clear={() => void start(clearing(charger, one))} />)}</ul>
                <p class={said.bad ? 'failure' : 'hint'} role="status">{said.text || (known.length ? off : '')}</p>
            </Card>
            <ProfileForm charger={charger} again={again} />
            <Together charger={charger} />
        </>
    );
}
