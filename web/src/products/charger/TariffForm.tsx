// SPDX-License-Identifier: Apache-2.0
// A tariff is set whole: its prices by day and hour, and the places where it holds.
import { useEffect, useState } from 'preact/hooks';
import { reach } from '../../hub/live';
import { Icon } from '../../shell/Icon';
import { CHOICE, listChargers } from './api';
import { DAYS, digitsOf, hhmm, majorOf, milliOf, minorOf, placeText, priceOf, setTariff, type Day, type Part, type Place, type Tariff } from './money';
import { listSites } from './site';

const NEW: Part = { days: DAYS, from_min: 0, to_min: 1440, kwh_milli: 0, minute_milli: 0, idle_milli: 0 };
const ZONES: [zone: string, where: string][] = [['UTC0', 'UTC'], ['GMT0BST,M3.5.0/1,M10.5.0', 'London'], ['CET-1CEST,M3.5.0,M10.5.0/3', 'Berlin, Paris, Rome'], ['EET-2EEST,M3.5.0/3,M10.5.0/4', 'Athens, Helsinki'], ['<+03>-3', 'Riyadh'], ['<+04>-4', 'Dubai'], ['EST5EDT,M3.2.0,M11.1.0', 'New York'], ['PST8PDT,M3.2.0,M11.1.0', 'Los Angeles']];
const PRICES: [field: 'kwh_milli' | 'minute_milli' | 'idle_milli', label: string][] = [['kwh_milli', 'A kWh'], ['minute_milli', 'A minute'], ['idle_milli', 'An idle minute']];
const value = (event: Event) => (event.target as HTMLInputElement).value;
const minutesOf = (text: string): number => text.split(':').reduce((sum, one) => sum * 60 + Number(one), 0);

function PartRow({ part, number, last, currency, set, remove }: { part: Part; number: number; last: boolean; currency: string; set: (part: Part) => void; remove: () => void }) {
    const day = (one: Day, on: boolean) => set({ ...part, days: DAYS.filter((any) => (any === one ? on : part.days.includes(any))) });
    return (
        <fieldset class="part">
            <legend>{last ? (number === 1 ? 'Always' : 'At all other times') : `Part ${number}`}</legend>
            {!last && (
                <div class="acts">
                    <span class="days">{DAYS.map((one) => <label key={one}><input type="checkbox" checked={part.days.includes(one)} onChange={(event) => day(one, (event.target as HTMLInputElement).checked)} />{one[0].toUpperCase() + one.slice(1)}</label>)}</span>
                    <label>from <input class="input" type="time" required aria-label={`Part ${number} from`} value={hhmm(part.from_min)} onInput={(event) => value(event) && set({ ...part, from_min: minutesOf(value(event)) })} /></label>
                    <label>to <input class="input" type="time" required aria-label={`Part ${number} to`} value={hhmm(part.to_min % 1440)} onInput={(event) => value(event) && set({ ...part, to_min: minutesOf(value(event)) || 1440 })} /></label>
                    <button type="button" class="btn quiet small" onClick={remove}><Icon name="cross" /><span class="sr">Remove part {number}</span></button>
                </div>
            )}
            <div class="acts">
                {PRICES.map(([field, label]) => <label key={field} class="amount">{label} <input class="input" type="number" min={0} max={priceOf(10000000, currency)} step="any" inputMode="decimal" aria-label={`${label}, part ${number}`} value={priceOf(part[field], currency)} onChange={(event) => set({ ...part, [field]: milliOf(Number(value(event)), currency) })} /></label>)}
            </div>
        </fieldset>
    );
}

const same = (a: Place, b: Place): boolean => placeText(a) === placeText(b);

function PlacesIn({ places, set }: { places: Place[]; set: (places: Place[]) => void }) {
    const [known, setKnown] = useState<Place[]>([{ everywhere: true }]);
    const [chosen, setChosen] = useState('everywhere');
    useEffect(() => void Promise.all([listSites().then((got) => got.sites, () => []), listChargers('', CHOICE).then((got) => got.chargers, () => [])]).then(([sites, chargers]) => setKnown([
        { everywhere: true }, ...sites.map((one) => ({ site_id: one.site_id })),
        ...chargers.flatMap((one) => [{ identity: one.identity }, ...one.connectors.filter((gun) => gun.connector_id > 0 && one.connectors.length > 2).map((gun) => ({ identity: one.identity, connector_id: gun.connector_id }))]),
    ])), []);
    const others = known.filter((place) => !places.some((one) => same(one, place)));
    const picked = others.find((place) => placeText(place) === chosen) ?? others[0];
    return (
        <fieldset class="part">
            <legend>Where</legend>
            <ul class="wanted">{places.map((place) => <li key={placeText(place)}>{placeText(place)}<button type="button" class="btn quiet small" onClick={() => set(places.filter((one) => !same(one, place)))}><Icon name="cross" /><span class="sr">Not {placeText(place)}</span></button></li>)}</ul>
            {picked && (
                <div class="acts">
                    <select class="input" aria-label="Place to add" value={placeText(picked)} onChange={(event) => setChosen(value(event))}>{others.map((place) => <option key={placeText(place)}>{placeText(place)}</option>)}</select>
                    <button type="button" class="btn" onClick={() => set([...places, picked])}>Add place</button>
                </div>
            )}
        </fieldset>
    );
}

export function TariffForm({ tariff, saved, close }: { tariff?: Tariff; saved: () => void; close?: () => void }) {
    const [currency, setCurrency] = useState(tariff?.currency ?? 'EUR');
    const [parts, setParts] = useState<Part[]>(tariff?.parts ?? [NEW]);
    const [places, setPlaces] = useState<Place[]>(tariff?.places ?? []);
    const [failure, setFailure] = useState('');
    const known = /^[A-Z]{3}$/.test(currency) ? currency : 'EUR';
    async function submit(event: SubmitEvent) {
        event.preventDefault();
        const data = new FormData(event.target as HTMLFormElement);
        const text = (name: string) => String(data.get(name) ?? '').trim();
        const empty = parts.findIndex((part, i) => i < parts.length - 1 && part.days.length === 0);
        if (empty >= 0) return setFailure(`Part ${empty + 1} holds on no day. Choose one, or remove it.`);
        setFailure('');
        const last = parts[parts.length - 1];
        await setTariff({
            tariff_id: tariff?.tariff_id ?? text('id'), name: text('name'), currency, time_zone: text('zone'), start_amount: minorOf(Number(text('start')), currency), idle_grace_s: Number(text('grace')) * 60,
            parts: [...parts.slice(0, -1), { ...last, days: DAYS, from_min: 0, to_min: 1440 }], places,
        }).then(() => (saved(), close?.()), (error) => setFailure(`The tariff was not set. ${(error as Error).message}`));
    }
    return (
        <form class="fields many" onSubmit={submit}>
            {!tariff && <label class="field"><span>Short name</span><input class="input" name="id" required maxLength={32} autocomplete="off" spellcheck={false} /></label>}
            <label class="field"><span>Name customers see</span><input class="input" name="name" required maxLength={50} autocomplete="off" defaultValue={tariff?.name ?? ''} /></label>
            <label class="field"><span>Currency</span><input class="input" required pattern="[A-Z]{3}" maxLength={3} title="Three letters, as EUR" autocomplete="off" value={currency} onInput={(event) => setCurrency(value(event).toUpperCase())} /></label>
            <label class="field"><span>Time zone</span><input class="input" name="zone" required maxLength={63} list="zones" spellcheck={false} defaultValue={tariff?.time_zone ?? 'UTC0'} /><datalist id="zones">{ZONES.map(([zone, where]) => <option key={zone} value={zone}>{where}</option>)}</datalist></label>
            <label class="field"><span>Each session</span><input class="input" name="start" type="number" required min={0} step={10 ** -digitsOf(known)} inputMode="decimal" defaultValue={majorOf(tariff?.start_amount ?? 0, known)} /></label>
            <label class="field"><span>Idle for free, min</span><input class="input" name="grace" type="number" required min={0} max={1440} defaultValue={(tariff?.idle_grace_s ?? 0) / 60} /></label>
            {parts.map((part, i) => (
                <PartRow key={parts.length - i} part={part} number={i + 1} last={i === parts.length - 1} currency={known} set={(now) => setParts(parts.map((one, k) => (k === i ? now : one)))} remove={() => setParts(parts.filter((_, k) => k !== i))} />
            ))}
            <div class="acts"><button type="button" class="btn small" disabled={parts.length >= 16} onClick={() => setParts([{ ...NEW, from_min: 1320, to_min: 360 }, ...parts])}>Add a part with its own hours</button></div>
            <PlacesIn places={places} set={setPlaces} />
            <div class="acts"><button class="btn primary" disabled={reach.value.state === 'lost'}>{tariff ? 'Save' : 'Make'}</button>{close && <button type="button" class="btn" onClick={close}>Close</button>}</div>
            {failure && <p class="failure" role="alert">{failure}</p>}
        </form>
    );
}
