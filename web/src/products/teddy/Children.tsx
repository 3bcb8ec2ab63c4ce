// SPDX-License-Identifier: Apache-2.0
// Children, for operators: who they are, and whether their parents have agreed. One child has a page of
// its own below this one.
import { useEffect, useState } from 'preact/hooks';
import { reach } from '../../hub/live';
import { Card } from '../../shell/Card';
import { count } from '../../shell/format';
import { Icon } from '../../shell/Icon';
import { href, useTitle } from '../../shell/router';
import { ChildPage } from './ChildPage';
import { addChild, LANGUAGES, listChildren, PAGE, type Child, type Profile } from './children';

/** The years a child may be born in, for a browser that shows no picker the form of the text. */
function spanOf(now: Date): { min: string; max: string } {
    const month = String(now.getUTCMonth() + 1).padStart(2, '0');
    const after = String((now.getUTCMonth() + 1) % 12 + 1).padStart(2, '0');
    return { min: `${now.getUTCFullYear() - (after === '01' ? 13 : 14)}-${after}`, max: `${now.getUTCFullYear() - 3}-${month}` };
}

/** Name, month of birth and language: of a new child, or of one that is there. */
export function ProfileForm({ child, verb, send }: { child?: Child; verb: string; send: (profile: Profile) => Promise<void> }) {
    const [failure, setFailure] = useState('');
    const [busy, setBusy] = useState(false);
    const { min, max } = spanOf(new Date());

    async function submit(event: SubmitEvent) {
        event.preventDefault();
        const form = event.target as HTMLFormElement;
        const profile = Object.fromEntries([...new FormData(form)].filter(([, value]) => value)) as unknown as Profile;
        setBusy(true);
        setFailure('');
        await send(profile).then(() => child || form.reset(), (error) => setFailure((error as Error).message));
        setBusy(false);
    }

    return (
        <form class="fields" onSubmit={submit}>
            <label class="field"><span>Name</span><input class="input" name="name" required maxLength={30} autocomplete="off" defaultValue={child?.name ?? ''} /></label>
            <label class="field"><span>Month of birth</span><input class="input" name="birth_month" type="month" required min={min} max={max} placeholder="2019-06" pattern="[0-9]{4}-[0-9]{2}" defaultValue={child?.birth_month} /></label>
            <label class="field"><span>Language</span>
                <select class="input" name="language" defaultValue={child?.language}>
                    {Object.entries(LANGUAGES).map(([key, word]) => <option key={key} value={key} selected={key === child?.language}>{word}</option>)}
                </select>
            </label>
            {!child && <label class="field"><span>Id</span><input class="input" name="child_id" maxLength={50} pattern="[A-Za-z0-9_\-]{1,50}" autocomplete="off" placeholder="drawn when left empty" /></label>}
            <p class="failure" role="alert">{failure}</p>
            <div class="acts"><button class="btn primary" disabled={busy || reach.value.state === 'lost'}>{verb}</button></div>
        </form>
    );
}

export function Agreed({ yes }: { yes: boolean }) {
    return <span class={`st ${yes ? 'ok' : 'unknown'}`}><Icon name={yes ? 'ok' : 'cross'} />{yes ? 'Agreed' : 'No'}</span>;
}

function Row({ child }: { child: Child }) {
    return (
        <tr>
            <th scope="row"><a href={href(['children', child.child_id])}><bdi>{child.name ?? child.child_id}</bdi></a>{child.name === null && <span class="tag">sealed with another key</span>}</th>
            <td class="ages">{child.age_group ?? <span class="tag">not 3 to 13</span>}</td>
            <td class="lang">{LANGUAGES[child.language]}</td>
            <td class="service"><Agreed yes={child.consents.service} /></td>
            <td class="disclosure"><Agreed yes={child.consents.disclosure} /></td>
            <td class="teddies r num">{child.device_count ? count(child.device_count) : 'no'}</td>
        </tr>
    );
}

function Table({ children }: { children: Child[] }) {
    return (
        <div class="scroll" tabIndex={0} role="region" aria-label="Children, scrolls sideways">
            <table class="table kids">
                <caption class="sr">Children and what their parents agreed to</caption>
                <thead><tr><th scope="col">Child</th><th scope="col" class="ages">Ages</th><th scope="col" class="lang">Language</th><th scope="col" class="service">Service</th><th scope="col" class="disclosure">Disclosure</th><th scope="col" class="r">Teddies</th></tr></thead>
                <tbody>{children.map((child) => <Row key={child.child_id} child={child} />)}</tbody>
            </table>
        </div>
    );
}

function List() {
    const [known, setKnown] = useState<Child[] | null>(null);
    const [more, setMore] = useState(false);
    const [failure, setFailure] = useState('');
    useTitle('Children');

    const load = (before: Child[]) => listChildren(before.at(-1)?.child_id).then((page) => {
        setKnown([...before, ...page]);
        setMore(page.length === PAGE);
        setFailure('');
    }, (error) => setFailure((error as Error).message));
    useEffect(() => void load([]), []);

    const add = async (profile: Profile) => {
        const added = await addChild(profile);
        location.hash = href(['children', added.child_id]);
    };
    return (
        <>
            <div class="page-head"><h1>Children</h1>{known && <span class="hint">{count(known.length)}{more ? ' and more' : ''}</span>}</div>
            {failure && <p class="failure" role="alert">{failure} <button type="button" class="btn small" onClick={() => void load(known ?? [])}>Try again</button></p>}
            {known && known.length > 0 && (
                <div class="card flush">
                    <Table children={known} />
                    {more && <footer class="foot"><button type="button" class="btn small" onClick={() => void load(known)}>Show more</button></footer>}
                </div>
            )}
            {known?.length === 0 && <p class="empty" role="status">No child is kept here yet. Without one, and a parent's consent, no teddy takes any sound.</p>}
            <div class="grid">
                <Card title="Add a child" wide={6}>
                    <p class="hint">The name is sealed in the registry and shown to operators and the child's own teddy. No day of birth is kept.</p>
                    <ProfileForm verb="Add" send={add} />
                </Card>
            </div>
        </>
    );
}

export function Children({ path }: { path: string[] }) {
    return path[0] ? <ChildPage key={path[0]} id={path[0]} /> : <List />;
}
