// SPDX-License-Identifier: Apache-2.0
// One child: what holds of its parents' consents, its teddies, and who did what about it.
import { useEffect, useState } from 'preact/hooks';
import { reach } from '../../hub/live';
import { Ago, Card, Facts } from '../../shell/Card';
import { sentence } from '../../shell/format';
import { Icon } from '../../shell/Icon';
import { ask } from '../../shell/Question';
import { deviceHref, href, useTitle } from '../../shell/router';
import { Agreed, ProfileForm } from './Children';
import { changeChild, getAudit, getChild, giveConsent, KINDS, LANGUAGES, METHODS, ONLY_SERVICE, removeChild, revokeConsent, type AuditLine, type ChildWhole, type Consent, type Kind } from './children';

const off = () => reach.value.state === 'lost';

function ConsentForm({ child, changed }: { child: ChildWhole; changed: (child: ChildWhole) => void }) {
    const [kind, setKind] = useState<Kind>('service');
    const [failure, setFailure] = useState('');

    async function submit(event: SubmitEvent) {
        event.preventDefault();
        const form = event.target as HTMLFormElement;
        setFailure('');
        await giveConsent(child.child_id, Object.fromEntries(new FormData(form))).then((now) => {
            form.reset();
            setKind('service');
            changed(now);
        }, (error) => setFailure((error as Error).message));
    }

    return (
        <form class="fields" onSubmit={submit} aria-label="Record a consent">
            <label class="field"><span>Agreed to</span>
                <select class="input" name="kind" value={kind} onChange={(event) => setKind((event.target as HTMLSelectElement).value as Kind)}>
                    <option value="service">Service: the hub's own parts</option>
                    <option value="disclosure">Disclosure to a remote provider</option>
                </select>
            </label>
            <label class="field"><span>Method</span>
                <select class="input" name="method">
                    {Object.entries(METHODS).filter(([key]) => kind === 'service' || !ONLY_SERVICE.includes(key)).map(([key, word]) => <option key={key} value={key}>{word}</option>)}
                </select>
            </label>
            <label class="field"><span>Notice version</span><input class="input" name="notice_version" required maxLength={32} pattern="[A-Za-z0-9._\-]{1,32}" autocomplete="off" /></label>
            <p class="failure" role="alert">{failure}</p>
            <div class="acts"><button class="btn primary" disabled={off()}>Record consent</button></div>
        </form>
    );
}

function Line({ consent, revoke }: { consent: Consent; revoke: (kind: Kind) => void }) {
    return (
        <li>
            <span class="grow">
                <b>{KINDS[consent.kind]}</b> by {(METHODS[consent.method] ?? consent.method).toLowerCase()}, notice {consent.notice_version}{consent.provider && `, ${consent.provider}`}<br />
                given <Ago at_ms={consent.given_at_ms} />{consent.revoked_at_ms && <>, ended <Ago at_ms={consent.revoked_at_ms} /></>}
            </span>
            {!consent.revoked_at_ms && <button type="button" class="btn small" disabled={off()} onClick={() => revoke(consent.kind)}>Revoke {KINDS[consent.kind].toLowerCase()}…</button>}
        </li>
    );
}

function Consents({ child, changed }: { child: ChildWhole; changed: (child: ChildWhole) => void }) {
    const [failure, setFailure] = useState('');

    async function revoke(kind: Kind) {
        if (!await ask(`Revoke this consent? ${kind === 'service' ? 'The teddy stops listening at once.' : 'The teddy is served by the hub\'s own parts from now on.'}`, 'Revoke')) return;
        await revokeConsent(child.child_id, kind).then(() => getChild(child.child_id)).then(changed, (error) => setFailure((error as Error).message));
    }

    return (
        <Card title="Consents" wide={6}>
            <Facts rows={[['Service', <Agreed yes={child.consents.service} />], ['Disclosure', <Agreed yes={child.consents.disclosure} />]]} />
            <ConsentForm child={child} changed={changed} />
            {failure && <p class="failure" role="alert">{failure}</p>}
            {child.consent_history.length > 0 && <ul class="list consents">{child.consent_history.map((consent) => <Line key={`${consent.kind} ${consent.given_at_ms} ${consent.provider}`} consent={consent} revoke={revoke} />)}</ul>}
        </Card>
    );
}

function Teddies({ child }: { child: ChildWhole }) {
    return (
        <Card title="Teddies" wide={6}>
            {child.devices.length === 0
                ? <p class="hint">None has been claimed for this child. A teddy claims by itself with the secret of its label.</p>
                : <ul class="list">{child.devices.map((device) => <li key={device.device_id}><a class="grow ell" href={deviceHref(device.device_id)}>{device.device_id}</a><span>claimed <Ago at_ms={device.claimed_at_ms} /></span></li>)}</ul>}
        </Card>
    );
}

function Audit({ lines }: { lines: AuditLine[] }) {
    return (
        <Card title="Who did what" wide={6}>
            <ul class="list">{lines.map((line) => <li key={line.id}><span class="grow">{sentence(line.what)}{line.device_id && `, ${line.device_id}`}</span><span>{line.operator_id ? `operator ${line.operator_id}` : 'the device'}</span><Ago at_ms={line.at_ms} /></li>)}</ul>
        </Card>
    );
}

function Profile({ child, changed }: { child: ChildWhole; changed: (child: ChildWhole) => void }) {
    const [failure, setFailure] = useState('');

    async function remove() {
        if (!await ask('Delete this child with its consents? Its teddies are nobody\'s then.', 'Delete')) return;
        await removeChild(child.child_id).then(() => (location.hash = href(['children'])), (error) => setFailure((error as Error).message));
    }

    return (
        <Card title="Profile" wide={6}>
            <Facts rows={[['Id', child.child_id], ['Age', child.age_group ? `${child.age} (${child.age_group})` : `${child.age}: not served`], ['Kept since', <Ago at_ms={child.created_at_ms} />]]} />
            <ProfileForm child={child} verb="Save" send={async (profile) => changed(await changeChild(child.child_id, profile))} />
            {failure && <p class="failure" role="alert">{failure}</p>}
            <div class="acts end"><button type="button" class="btn small" disabled={off()} onClick={remove}>Delete this child…</button></div>
        </Card>
    );
}

export function ChildPage({ id }: { id: string }) {
    const [child, setChild] = useState<ChildWhole | null>(null);
    const [audit, setAudit] = useState<AuditLine[]>([]);
    const [failure, setFailure] = useState('');
    useTitle('Child');

    const changed = (now: ChildWhole) => {
        setChild(now);
        setFailure('');
        void getAudit(id).then(setAudit, () => undefined);
    };
    const load = () => getChild(id).then(changed, (error) => setFailure((error as Error).message));
    useEffect(() => void load(), [id]);

    return (
        <>
            <nav class="crumb" aria-label="Where this is"><a href={href(['children'])}>Children</a><Icon name="chevron" /></nav>
            <div class="page-head">
                <h1 class="child-name"><bdi>{child ? child.name ?? child.child_id : 'Child'}</bdi></h1>
                {child && <span class="hint">{[child.age_group && `${child.age_group} years`, LANGUAGES[child.language]].filter(Boolean).join(' · ')}</span>}
            </div>
            {failure && <p class="failure" role="alert">{failure} <button type="button" class="btn small" onClick={() => void load()}>Try again</button></p>}
            {child && <div class="grid"><Consents child={child} changed={changed} /><Profile child={child} changed={changed} /><Teddies child={child} /><Audit lines={audit} /></div>}
        </>
    );
}
