// SPDX-License-Identifier: Apache-2.0
// Who the charger is to the hub, and what it told of its security, uploads and updates.
import { useEffect, useState } from 'preact/hooks';
import { reach } from '../../hub/live';
import { Ago, Card } from '../../shell/Card';
import { ask } from '../../shell/Question';
import { href } from '../../shell/router';
import { Segments } from '../../shell/Segments';
import { changeCharger, listNotes, newPassword, removeCharger, wrong, type Charger, type Note, type Password, type Registration } from './api';
import { signOf } from './fresh';
import { Secret } from './Secret';
import { LENIENT, NOTES, spaced } from './words';

const REGISTRATIONS: [Registration, string][] = [['accepted', 'Accepted'], ['pending', 'Waits'], ['rejected', 'Rejected']];

function Access({ charger, changed }: { charger: Charger; changed: (charger: Charger) => void }) {
    const [failure, setFailure] = useState('');
    const [fresh, setFresh] = useState<Password | null>(null);
    const { identity } = charger;
    const off = reach.value.state === 'lost';

    const attempt = async (doing: string, what: Promise<unknown>) => {
        setFailure('');
        await what.catch((error) => setFailure(wrong(error, identity, doing)));
    };
    const change = (part: object) => attempt('Changing it', changeCharger(identity, part).then(changed));
    async function register(registration: Registration) {
        if (registration !== 'accepted' && !(await ask(`${registration === 'pending' ? 'Let' : 'Reject'} ${identity}${registration === 'pending' ? ' wait' : ''}? It is told at its next start; then nobody charges there through this hub.`, registration === 'pending' ? 'Let it wait' : 'Reject'))) return;
        await change({ registration });
    }
    async function draw() {
        if (!(await ask(`Draw a new password for ${identity}? A charger that is online is told it; another has to be given it by hand, the old one counts no more.`, 'Draw'))) return;
        await attempt('Drawing a new password', newPassword(identity).then(setFresh));
    }
    async function remove() {
        if (!(await ask(`Remove ${identity}? It may not come in any more. Its transactions stay.`, 'Remove'))) return;
        await attempt('Removing it', removeCharger(identity).then(() => (location.hash = href(['chargers']))));
    }
    return (
        <Card title="Access" wide={6}>
            <div class="acts"><Segments label="What its start is answered" name="registration" options={REGISTRATIONS} value={charger.registration} onChange={(value) => void register(value)} /></div>
            <p class="hint">{charger.has_password ? 'It comes in with its password.' : 'It comes in without a password: whoever knows its identity may speak for it. Draw one.'}</p>
            {fresh && <Secret identity={identity} secret={fresh} done={() => setFresh(null)} />}
            {failure && <p class="failure" role="alert">{failure}</p>}
            <div class="acts end">
                <button type="button" class="btn small" disabled={off} onClick={() => void draw()}>New password…</button>
                <button type="button" class="btn small" disabled={off} onClick={() => void remove()}>Remove this charger…</button>
            </div>
        </Card>
    );
}

function Leniency({ charger, changed }: { charger: Charger; changed: (charger: Charger) => void }) {
    const [failure, setFailure] = useState('');
    const set = (name: string, on: boolean) => changeCharger(charger.identity, { lenient: on ? [...charger.lenient, name] : charger.lenient.filter((one) => one !== name) })
        .then((now) => (changed(now), setFailure('')), (error) => setFailure(wrong(error, charger.identity, 'Changing it')));
    return (
        <Card title="Let pass though wrong" wide={6}>
            <p class="hint">For chargers that do not keep to OCPP. What is not let pass is refused with an error.</p>
            <ul class="list">
                {Object.entries(LENIENT).map(([name, words]) => (
                    <li key={name}><label class="check"><input type="checkbox" checked={charger.lenient.includes(name)} disabled={reach.value.state === 'lost'} onChange={(event) => void set(name, (event.target as HTMLInputElement).checked)} />{words}</label></li>
                ))}
            </ul>
            {failure && <p class="failure" role="alert">{failure}</p>}
        </Card>
    );
}

function Notes({ identity }: { identity: string }) {
    const [known, setKnown] = useState<Note[] | null>(null);
    const [more, setMore] = useState(false);
    const [failure, setFailure] = useState('');
    const load = (before: Note[]) => listNotes(identity, before[before.length - 1]?.id).then((page) => {
        setKnown([...before, ...page.notes]);
        setMore(page.more);
        setFailure('');
    }, (error) => setFailure((error as Error).message));
    const sign = signOf(identity);
    useEffect(() => void load([]), [identity, sign]);
    return (
        <Card title="What it told" wide={12}>
            {failure && <p class="failure" role="alert">Notes of {identity} cannot be read: {failure} <button type="button" class="btn small" onClick={() => void load([])}>Try again</button></p>}
            {known?.length === 0 && <p class="hint">No security event, upload or update has been told yet.</p>}
            <ol class="list notes">
                {known?.map((note) => (
                    <li key={note.id}>
                        <span class="grow"><b>{NOTES[note.action] ?? spaced(note.action)}: {spaced(note.what)}</b>{note.text && <> <code>{note.text}</code></>}</span>
                        <Ago at_ms={note.at_ms} />
                    </li>
                ))}
            </ol>
            {more && <div class="acts"><button type="button" class="btn small" onClick={() => void load(known ?? [])}>Show more</button></div>}
        </Card>
    );
}

export function Security({ charger, changed }: { charger: Charger; changed: (charger: Charger) => void }) {
    return (
        <div class="grid">
            <Access charger={charger} changed={changed} />
            <Leniency charger={charger} changed={changed} />
            <Notes identity={charger.identity} />
        </div>
    );
}
