// SPDX-License-Identifier: Apache-2.0
// Which chargers stand at a site, and what each can take: set together.
import { useEffect, useState } from 'preact/hooks';
import { reach } from '../../hub/live';
import { Card } from '../../shell/Card';
import { Icon } from '../../shell/Icon';
import { ask } from '../../shell/Question';
import { CHOICE, listChargers } from './api';
import { memberOf, setSite, type Member, type Site } from './site';

type Field = 'nominal_w' | 'minimum_w' | 'fallback_w';
const FIELDS: [field: Field, label: string, least: number][] = [['nominal_w', 'At most, kW', 0.001], ['minimum_w', 'To begin with, kW', 0.001], ['fallback_w', 'When cut off, kW', 0]];
/** Three phases of 32 A, and the 6 A that a car needs to begin. */
const USUAL = { nominal_w: 22080, minimum_w: 4140, fallback_w: 0 };

function whyNot({ identity, nominal_w, minimum_w, fallback_w }: Member): string {
    if (minimum_w > nominal_w) return `${identity}: it begins with more than it takes at most.`;
    if (fallback_w && (fallback_w < minimum_w || fallback_w > nominal_w)) return `${identity}: when cut off it takes 0, or what lies between the other two.`;
    return '';
}

function Row({ member, set, remove }: { member: Member; set: (field: Field, w: number) => void; remove: () => void }) {
    return (
        <li class="member">
            <b class="name">{member.identity}</b>
            {FIELDS.map(([field, label, least]) => (
                <label key={field} class="field"><span>{label}</span><input class="input" type="number" required min={least} max={100000} step={0.001} inputMode="decimal" aria-label={`${label}: ${member.identity}`} defaultValue={member[field] / 1000}
                    onInput={(event) => set(field, Math.round(Number((event.target as HTMLInputElement).value) * 1000))} /></label>
            ))}
            <button type="button" class="btn quiet small" onClick={remove}><Icon name="cross" />Take out<span class="sr"> {member.identity}</span></button>
        </li>
    );
}

export function SiteForm({ site, changed }: { site: Site; changed: (site: Site) => void }) {
    const standing = site.chargers.map(memberOf);
    const [members, setMembers] = useState<Member[]>(standing);
    const [known, setKnown] = useState<string[]>([]);
    const [chosen, setChosen] = useState('');
    const [failure, setFailure] = useState('');
    useEffect(() => void listChargers('', CHOICE).then((page) => setKnown(page.chargers.map((one) => one.identity)), () => undefined), []);
    const others = known.filter((identity) => !members.some((one) => one.identity === identity));
    const picked = others.includes(chosen) ? chosen : others[0] ?? '';
    const dirty = JSON.stringify(members) !== JSON.stringify(standing);
    const last = members[members.length - 1] ?? USUAL;

    async function submit(event: SubmitEvent) {
        event.preventDefault();
        const why = members.map(whyNot).find(Boolean);
        if (why) return setFailure(why);
        setFailure('');
        if (!(await ask(`Set the chargers of ${site.site_id}? All of them pause for some seconds, until each has accepted its fall-back.`, 'Set'))) return;
        await setSite(site.site_id, site.limit_w, members).then(changed, (error) => setFailure(`The chargers were not set. ${(error as Error).message}`));
    }
    return (
        <Card title="Which chargers stand here" wide={12}>
            <form class="members" onSubmit={submit}>
                {members.length > 0 ? (
                    <ul class="list">
                        {members.map((member, i) => (
                            <Row key={member.identity} member={member} set={(field, w) => setMembers(members.map((one, k) => (k === i ? { ...one, [field]: w } : one)))} remove={() => setMembers(members.filter((_, k) => k !== i))} />
                        ))}
                    </ul>
                ) : <p class="hint">None yet. Add those that hang on this connection to the grid.</p>}
                {picked && (
                    <div key="add" class="row-form">
                        <label class="field"><span>Charger</span><select class="input" aria-label="Charger to add" value={picked} onChange={(event) => setChosen((event.target as HTMLSelectElement).value)}>{others.map((identity) => <option key={identity}>{identity}</option>)}</select></label>
                        <button type="button" class="btn" onClick={() => setMembers([...members, { ...last, identity: picked }])}>Add to this site</button>
                    </div>
                )}
                {dirty && <div key="set" class="acts"><button class="btn primary" disabled={reach.value.state === 'lost'}>Set chargers…</button><button type="button" class="btn" onClick={() => (setMembers(standing), setFailure(''))}>Undo</button></div>}
                {failure && <p class="failure" role="alert">{failure}</p>}
            </form>
        </Card>
    );
}
