// SPDX-License-Identifier: Apache-2.0
// What is done for a charger from afar: its log is fetched, its firmware updated; how far each is, is seen.
import { useState } from 'preact/hooks';
import { Ago, Card } from '../../shell/Card';
import { Icon } from '../../shell/Icon';
import { listNotes, type Charger, type Note } from './api';
import { signOf, useFresh } from './fresh';
import { useOperations } from './operation';
import { freshId } from './plan';
import { FIRMWARE, progressOf, UPLOAD, type Way } from './progress';
import { Stale } from './Tabs';
import { spaced } from './words';

const EVERY_MS = 3000;

function How({ way, notes }: { way: Way; notes: Note[] }) {
    const progress = progressOf(way, notes);
    if (!progress) return null;
    const { note, step, failed, over } = progress;
    return (
        <div class="how" role="status">
            <ol class="progress">
                {way.steps.map((name, i) => {
                    const state = failed && i === step ? 'failed' : i < step ? 'over' : i === step ? 'now' : '';
                    return <li key={name} class={state} aria-current={state === 'now' ? 'step' : undefined}>{state === 'over' ? <Icon name="ok" /> : state === 'failed' ? <Icon name="critical" /> : state === 'now' ? <Icon name="updating" /> : null}{name}</li>;
                })}
            </ol>
            <p class={failed ? 'failure' : 'hint'}>{spaced(note.what)}, <Ago at_ms={note.arrived_at_ms} />.{failed && ` ${failed}`}{note.text && !over && ` ${note.text}`}</p>
        </div>
    );
}

const isoOf = (text: string): string | undefined => (text ? new Date(text).toISOString() : undefined);
const textOf = (form: HTMLFormElement) => {
    const data = new FormData(form);
    return (name: string) => String(data.get(name) ?? '').trim();
};

/** An address with its password left out, for what is asked and told. */
function shown(address: string): string {
    try {
        const url = new URL(address);
        url.password = url.password && '***';
        return url.toString();
    } catch {
        return address;
    }
}

const LOGS: [kind: string, label: string][] = [['DiagnosticsLog', 'What it did'], ['SecurityLog', 'Security events'], ['GetDiagnostics', 'Diagnostics (older chargers)']];

function Log({ charger, notes, again }: { charger: Charger; notes: Note[]; again: () => void }) {
    const { said, off, busy, start } = useOperations(charger, again);
    async function submit(event: SubmitEvent) {
        event.preventDefault();
        const text = textOf(event.target as HTMLFormElement);
        const kind = text('kind');
        const [from, to] = [isoOf(text('from')), isoOf(text('to'))];
        const range = { ...(from && { oldestTimestamp: from }), ...(to && { latestTimestamp: to }) };
        const older = kind === 'GetDiagnostics';
        await start({
            name: older ? 'GetDiagnostics' : 'GetLog',
            body: older ? { location: text('address'), ...(from && { startTime: from }), ...(to && { stopTime: to }) } : { logType: kind, requestId: freshId(), log: { remoteLocation: text('address'), ...range } },
            doing: 'Having its log sent', sure: `Have ${charger.identity} send its log to ${shown(text('address'))}?`, yes: 'Send', done: 'The charger sends it; how far it is stands here.',
            refused: 'It sends another one, or has none of that kind.',
        });
    }
    return (
        <Card title="Log" wide={6}>
            <How way={UPLOAD} notes={notes} />
            <form class="fields" onSubmit={submit}>
                <label class="field"><span>Which</span><select class="input" name="kind">{LOGS.map(([kind, label]) => <option key={kind} value={kind}>{label}</option>)}</select></label>
                <label class="field"><span>To where</span><input class="input" name="address" type="url" required maxLength={512} placeholder="https:// or ftp://" autocomplete="off" spellcheck={false} /></label>
                <label class="field"><span>From <small>empty: the oldest</small></span><input class="input" name="from" type="datetime-local" /></label>
                <label class="field"><span>To <small>empty: now</small></span><input class="input" name="to" type="datetime-local" /></label>
                <div class="acts end"><button class="btn primary" disabled={off !== '' || busy} title={off}>Send its log…</button></div>
                <p class={said.bad ? 'failure' : 'hint'} role="status">{said.text || off}</p>
            </form>
        </Card>
    );
}

function Firmware({ charger, notes, again }: { charger: Charger; notes: Note[]; again: () => void }) {
    const { said, off, busy, start } = useOperations(charger, again);
    const [signed, setSigned] = useState(true);
    async function submit(event: SubmitEvent) {
        event.preventDefault();
        const text = textOf(event.target as HTMLFormElement);
        const [retrieve, install] = [isoOf(text('retrieve')) ?? new Date().toISOString(), isoOf(text('install'))];
        const location = text('address');
        await start({
            name: signed ? 'SignedUpdateFirmware' : 'UpdateFirmware',
            body: signed ? { requestId: freshId(), firmware: { location, retrieveDateTime: retrieve, ...(install && { installDateTime: install }), signingCertificate: text('certificate'), signature: text('signature').replace(/\s+/g, '') } } : { location, retrieveDate: retrieve },
            doing: 'Updating its firmware',
            sure: `Have ${charger.identity} install the firmware of ${shown(location)}? It has ${charger.firmware || 'an unknown one'}; it restarts when no session runs.${signed ? '' : ' Nothing proves that this firmware is its maker\'s.'}`,
            yes: 'Update', done: 'The charger loads it; how far it is stands here.', refused: 'Its certificate is not its maker\'s, or it updates already.',
        });
    }
    return (
        <Card title="Firmware" wide={6} aside={<span class="hint">{charger.firmware || 'not said yet'}</span>}>
            <How way={FIRMWARE} notes={notes} />
            <form class="fields" onSubmit={submit}>
                <label class="field"><span>From where</span><input class="input" name="address" type="url" required maxLength={512} placeholder="https:// or ftp://" autocomplete="off" spellcheck={false} /></label>
                <label class="field"><span>Load at <small>empty: now</small></span><input class="input" name="retrieve" type="datetime-local" /></label>
                <label class="check"><input type="checkbox" checked={signed} onChange={(event) => setSigned((event.target as HTMLInputElement).checked)} />Signed by its maker</label>
                {signed && (
                    <>
                        <label class="field"><span>Install at <small>empty: then</small></span><input class="input" name="install" type="datetime-local" /></label>
                        <label class="tall"><span>Maker's certificate</span><textarea class="input" name="certificate" rows={3} required maxLength={5500} spellcheck={false} placeholder="-----BEGIN CERTIFICATE-----" /></label>
                        <label class="tall"><span>Signature, base64</span><textarea class="input" name="signature" rows={2} required maxLength={1100} spellcheck={false} /></label>
                    </>
                )}
                <div class="acts end"><button class="btn primary" disabled={off !== '' || busy} title={off}>Update…</button></div>
                <p class={said.bad ? 'failure' : 'hint'} role="status">{said.text || off}</p>
            </form>
        </Card>
    );
}

export function Service({ charger }: { charger: Charger }) {
    const fresh = useFresh(() => listNotes(charger.identity), EVERY_MS, [charger.identity], signOf(charger.identity));
    const notes = fresh.value?.notes ?? [];
    return (
        <>
            <Stale fresh={fresh} what={`Progress of ${charger.identity}`} />
            <div class="grid">
                <Log charger={charger} notes={notes} again={fresh.again} />
                <Firmware charger={charger} notes={notes} again={fresh.again} />
            </div>
        </>
    );
}
