// SPDX-License-Identifier: Apache-2.0
// A charging profile is made: for what, when, and in which steps. It is drawn as it is typed, and asked about before it is sent.
import { useState } from 'preact/hooks';
import { Card } from '../../shell/Card';
import { Icon } from '../../shell/Icon';
import type { Charger } from './api';
import { localOf } from './fields';
import { useOperations } from './operation';
import { freshId, limitText, profileQuery, PURPOSES, type Profile, type Purpose, type Schedule } from './plan';
import { ScheduleDrawn } from './Schedule';
import { guns } from './State';

type Kind = 'Relative' | 'Absolute' | 'Daily' | 'Weekly';
const KINDS: Record<Kind, string> = { Relative: 'from the start of a session', Absolute: 'once, from a time on', Daily: 'every day', Weekly: 'every week' };
interface Step { min: number; limit: number }

const midnight = (): number => new Date().setHours(0, 0, 0, 0);
/** Of a Recurring profile the week's Monday, so that steps count from there. */
const monday = (): number => midnight() - ((new Date().getDay() + 6) % 7) * 86400e3;
const hhmm = (min: number): string => `${String(Math.floor(min / 60) % 24).padStart(2, '0')}:${String(min % 60).padStart(2, '0')}`;
const minutesOf = (text: string): number => text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);

function Steps({ steps, daily, unit, set }: { steps: Step[]; daily: boolean; unit: 'W' | 'A'; set: (steps: Step[]) => void }) {
    const change = (i: number, part: Partial<Step>) => set(steps.map((step, k) => (k === i ? { ...step, ...part } : step)));
    const value = (event: Event) => (event.target as HTMLInputElement).value;
    const last = steps[steps.length - 1];
    return (
        <fieldset class="steps">
            <legend>Steps</legend>
            {steps.map((step, i) => (
                <div key={i} class="step">
                    {i === 0 ? <span class="from">At first</span>
                        : daily ? <label>From <input class="input" type="time" required aria-label={`Step ${i + 1} from`} value={hhmm(step.min)} onInput={(event) => value(event) && change(i, { min: minutesOf(value(event)) })} /></label>
                        : <label>After <input class="input" type="number" required min={1} max={10080} aria-label={`Step ${i + 1} after minutes`} value={step.min} onInput={(event) => change(i, { min: Number(value(event)) })} /> min</label>}
                    <label><input class="input" type="number" required min={0} max={10000} step={0.1} inputMode="decimal" aria-label={`Step ${i + 1} at most ${unit === 'W' ? 'kW' : 'A'}`} value={step.limit} onInput={(event) => change(i, { limit: Number(value(event)) })} /> {unit === 'W' ? 'kW' : 'A'}</label>
                    {i > 0 && <button type="button" class="btn quiet small" onClick={() => set(steps.filter((_, k) => k !== i))}><Icon name="cross" /><span class="sr">Remove step {i + 1}</span></button>}
                </div>
            ))}
            <button type="button" class="btn small" disabled={steps.length >= 24} onClick={() => set([...steps, { min: last.min + 60, limit: last.limit }])}>Add a step</button>
        </fieldset>
    );
}

/** "" when it can be sent. */
function whyNot(steps: Step[], kind: Kind, purpose: Purpose, transaction: number | null): string {
    if (steps.some((step, i) => i > 0 && step.min <= steps[i - 1].min)) return 'Each step begins after the one before it.';
    if (kind === 'Daily' && steps.some((step) => step.min >= 1440)) return 'A day has 24 hours: a step begins after its end.';
    if (purpose === 'TxProfile' && transaction === null) return 'No session runs at this connector. Choose “For every session”, or start one first.';
    if (purpose === 'ChargePointMaxProfile' && kind === 'Relative') return 'The whole charger has no session to count from. Choose another time.';
    return '';
}

export function ProfileForm({ charger, again }: { charger: Charger; again: () => void }) {
    const { said, off, busy, start } = useOperations(charger, again);
    const [purpose, setPurpose] = useState<Purpose>('TxDefaultProfile');
    const [connector, setConnector] = useState(guns(charger)[0]?.connector_id ?? 0);
    const [kind, setKind] = useState<Kind>('Daily');
    const [unit, setUnit] = useState<'W' | 'A'>('W');
    const [steps, setSteps] = useState<Step[]>([{ min: 0, limit: 11 }]);
    const [from, setFrom] = useState(() => localOf(Date.now()));
    const [why, setWhy] = useState('');
    const at = purpose === 'ChargePointMaxProfile' ? 0 : connector;
    const transaction = charger.connectors.find((one) => one.connector_id === at)?.transaction_id ?? null;
    const start_ms = kind === 'Relative' ? null : kind === 'Daily' ? midnight() : kind === 'Weekly' ? monday() : new Date(from).getTime();
    const recurring = kind === 'Daily' || kind === 'Weekly' ? kind : undefined;
    const periods = steps.map((step) => ({ startPeriod: step.min * 60, limit: Math.round(step.limit * (unit === 'W' ? 1000 : 1) * 10) / 10 }));
    const schedule: Schedule = { chargingRateUnit: unit, chargingSchedulePeriod: periods, ...(start_ms !== null && !isNaN(start_ms) ? { startSchedule: new Date(start_ms).toISOString() } : {}) };

    async function submit(event: SubmitEvent) {
        event.preventDefault();
        const form = event.target as HTMLFormElement;
        const data = new FormData(form);
        const text = (name: string) => String(data.get(name) ?? '').trim();
        const problem = whyNot(steps, kind, purpose, transaction);
        setWhy(problem);
        if (problem) return;
        const lasts = Number(text('lasts'));
        const profile: Profile = {
            chargingProfileId: freshId(), ...(purpose === 'TxProfile' ? { transactionId: transaction! } : {}), stackLevel: Number(text('level') || 0), chargingProfilePurpose: purpose,
            chargingProfileKind: recurring ? 'Recurring' : (kind as 'Absolute' | 'Relative'), ...(recurring ? { recurrencyKind: recurring } : {}),
            ...(text('until') ? { validTo: new Date(text('until')).toISOString() } : {}),
            chargingSchedule: { ...(lasts ? { duration: lasts * 60 } : {}), ...schedule },
        };
        const least = Math.min(...periods.map((one) => one.limit));
        const taken = await start({
            name: 'SetChargingProfile', body: { connectorId: at, csChargingProfiles: profile }, query: profileQuery(text('name'), text('description')), doing: 'Setting the profile',
            sure: `Set this profile at ${at ? `connector ${at} of ${charger.identity}` : charger.identity}? ${PURPOSES[purpose]}, ${KINDS[kind]}: ${limitText(periods[0].limit, unit)} at first${steps.length > 1 ? `, ${limitText(least, unit)} at least` : ''}. It takes the place of one with the same purpose and level.`,
            yes: 'Set', done: 'The charger keeps to it.', refused: 'It may have as many as it takes, or a lower highest level, or not know the unit: its keys ChargeProfileMaxStackLevel, ChargingScheduleAllowedChargingRateUnit and MaxChargingProfilesInstalled say so.',
        });
        if (taken) form.reset();
    }
    const chosen = (event: Event) => (event.target as HTMLSelectElement).value;
    return (
        <Card title="Make a profile" wide={12}>
            <form class="fields many" onSubmit={submit}>
                <label class="field"><span>Name</span><input class="input" name="name" maxLength={40} autocomplete="off" placeholder="Cheap at night" /></label>
                <label class="field"><span>Description</span><input class="input" name="description" maxLength={120} autocomplete="off" /></label>
                <label class="field"><span>What for</span><select class="input" value={purpose} onChange={(event) => setPurpose(chosen(event) as Purpose)}>{Object.entries(PURPOSES).map(([key, label]) => <option key={key} value={key}>{label}</option>)}</select></label>
                <label class="field"><span>Connector</span><select class="input" value={at} disabled={purpose === 'ChargePointMaxProfile'} onChange={(event) => setConnector(Number(chosen(event)))}>{guns(charger).map((one) => <option key={one.connector_id} value={one.connector_id}>{one.connector_id}</option>)}{purpose !== 'TxProfile' && <option value={0}>the whole charger</option>}</select></label>
                <label class="field"><span>When</span><select class="input" value={kind} onChange={(event) => setKind(chosen(event) as Kind)}>{Object.entries(KINDS).map(([key, label]) => <option key={key} value={key}>{label}</option>)}</select></label>
                {kind === 'Absolute' && <label class="field"><span>Begins</span><input class="input" type="datetime-local" required value={from} onInput={(event) => setFrom((event.target as HTMLInputElement).value)} /></label>}
                <label class="field"><span>Limit in</span><select class="input" value={unit} onChange={(event) => setUnit(chosen(event) as 'W' | 'A')}><option value="W">kW</option><option value="A">ampere a phase</option></select></label>
                <label class="field"><span>Minutes <small>empty: no end</small></span><input class="input" name="lasts" type="number" min={1} max={100000} /></label>
                <label class="field"><span>Until <small>empty: for good</small></span><input class="input" name="until" type="datetime-local" /></label>
                <label class="field"><span>Level <small>higher wins</small></span><input class="input" name="level" type="number" min={0} max={100} defaultValue={0} /></label>
                <div class="pair">
                    <Steps steps={steps} daily={kind === 'Daily'} unit={unit} set={setSteps} />
                    <ScheduleDrawn schedule={schedule} start_ms={start_ms !== null && isNaN(start_ms) ? null : start_ms} again={recurring} />
                </div>
                <div class="acts"><button class="btn primary" disabled={off !== '' || busy} title={off}>Set profile…</button></div>
                <p class={said.bad || why ? 'failure' : 'hint'} role="status">{why || said.text || off}</p>
            </form>
        </Card>
    );
}
