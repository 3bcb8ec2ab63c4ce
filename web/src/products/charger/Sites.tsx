// SPDX-License-Identifier: Apache-2.0
// All sites: how much of each one's limit is used, and which chargers stand there.
import { useState } from 'preact/hooks';
import { reach } from '../../hub/live';
import { Card } from '../../shell/Card';
import { count, plural } from '../../shell/format';
import { href, useTitle } from '../../shell/router';
import { signOf, useFresh } from './fresh';
import { listSites, setSite } from './site';
import { SitePage } from './SitePage';
import { SiteLoad, SiteState } from './SiteLoad';
import { Places, Stale } from './Tabs';

const EVERY_MS = 4000;

function Add() {
    const [failure, setFailure] = useState('');
    async function submit(event: SubmitEvent) {
        event.preventDefault();
        const data = new FormData(event.target as HTMLFormElement);
        const id = String(data.get('id')).trim();
        setFailure('');
        await setSite(id, Math.round(Number(data.get('limit')) * 1000), []).then(() => (location.hash = href(['sites', id])), (error) => setFailure(`The site ${id} was not made. ${(error as Error).message}`));
    }
    return (
        <Card title="Make a site" wide={12}>
            <p class="hint">Chargers behind one connection to the grid share what it has. Which of them stand there is said next.</p>
            <form class="row-form" onSubmit={submit}>
                <label class="field"><span>Name</span><input class="input" name="id" required maxLength={32} autocomplete="off" spellcheck={false} /></label>
                <label class="field short"><span>Limit, kW</span><input class="input" name="limit" type="number" required min={0.001} max={100000} step={0.001} inputMode="decimal" /></label>
                <button class="btn primary" disabled={reach.value.state === 'lost'}>Make</button>
            </form>
            {failure && <p class="failure" role="alert">{failure}</p>}
        </Card>
    );
}

function List() {
    useTitle('Sites');
    const fresh = useFresh(listSites, EVERY_MS, [], signOf());
    const sites = fresh.value?.sites ?? [];
    const known = new Set(sites.map((site) => site.site_id));
    return (
        <>
            <div class="page-head"><h1>Sites</h1>{fresh.value && <span class="hint">{count(sites.length)}</span>}</div>
            <Places here="sites" />
            <Stale fresh={fresh} what="Sites" />
            {fresh.value && sites.length === 0 && <p class="empty" role="status">No site is set yet: each charger takes what it can.</p>}
            <div class="grid">
                {sites.map((site) => (
                    <Card key={site.site_id} title={site.site_id} wide={6} aside={<SiteState site={site} />}>
                        <SiteLoad site={site} />
                        <footer><span>{plural(site.chargers.length, 'charger', 'chargers')}{site.waiting_count > 0 && `, ${count(site.waiting_count)} waiting`}{site.offline_count > 0 && `, ${count(site.offline_count)} absent`}</span><a class="link" href={href(['sites', site.site_id])}>Shares and limit<span class="sr"> of {site.site_id}</span></a></footer>
                    </Card>
                ))}
                <Add key={known.size} />
            </div>
        </>
    );
}

export function Sites({ path }: { path: string[] }) {
    return path[0] ? <SitePage key={path[0]} id={path[0]} /> : <List />;
}
