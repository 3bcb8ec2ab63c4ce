// SPDX-License-Identifier: Apache-2.0
// One site live: its load, each charger's share and why it has that; its limit and its chargers are set here.
import { useState } from 'preact/hooks';
import { reach } from '../../hub/live';
import { Card } from '../../shell/Card';
import { count } from '../../shell/format';
import { Icon } from '../../shell/Icon';
import { ask } from '../../shell/Question';
import { href, useTitle } from '../../shell/router';
import { Bar, BarLegend } from './Bar';
import { signOf, useFresh } from './fresh';
import { getSite, memberOf, removeSite, setSite, WHY, type Site, type SiteCharger } from './site';
import { SiteForm } from './SiteForm';
import { SiteLoad, SiteState } from './SiteLoad';
import { Stale } from './Tabs';
import { power } from './words';

const EVERY_MS = 2000;

function Row({ one }: { one: SiteCharger }) {
    const [word, tone, shape] = WHY[one.why] ?? [one.why_text, 'unknown', 'unknown'];
    const load_w = Math.min(one.load_w ?? 0, one.nominal_w);
    const told_w = Math.max(0, one.may_take_w - load_w);
    return (
        <tr>
            <th scope="row" class="a1"><a href={href(['chargers', one.identity])}>{one.identity}</a></th>
            <td class="a2"><span class={`st ${tone}`} title={one.why_text}><Icon name={shape} />{word}</span></td>
            <td class="c1 shares">
                <Bar of_w={one.nominal_w} mark_w={one.fallback_w > 0 ? one.fallback_w : undefined}
                    parts={one.online ? [{ kind: 'load', w: load_w, label: 'load' }, { kind: 'told', w: told_w, label: 'may take' }] : [{ kind: 'absent', w: one.may_take_w, label: 'reserved' }]}
                    words={`${one.identity}: ${one.load_w === null ? 'nothing measured' : `${power(one.load_w)} measured`}, may take ${power(one.may_take_w)} of ${power(one.nominal_w)}${one.fallback_w ? `, fall-back ${power(one.fallback_w)}` : ''}`} />
            </td>
            <td class="b1 r num">{one.load_w === null ? <span class="hint">{one.online ? 'not measured' : 'not known'}</span> : power(one.load_w)}</td>
            <td class="b2 r num"><span class="only-narrow">of </span>{power(one.may_take_w)}</td>
            <td class="r num wide">{power(one.fallback_w)}</td>
            <td class="r num wide">{power(one.minimum_w)} to {power(one.nominal_w)}</td>
        </tr>
    );
}

function Shares({ site }: { site: Site }) {
    if (!site.chargers.length) return null;
    return (
        <div class="card flush">
            <div class="scroll" tabIndex={0} role="region" aria-label="Chargers of this site, scrolls sideways">
                <table class="table duo site">
                    <caption class="sr">Chargers of {site.site_id} with their shares</caption>
                    <thead><tr><th scope="col">Charger</th><th scope="col">Has</th><th scope="col">Share</th><th scope="col" class="r">Measured</th><th scope="col" class="r">May take</th><th scope="col" class="r wide">When cut off</th><th scope="col" class="r wide">Range</th></tr></thead>
                    <tbody>{site.chargers.map((one) => <Row key={one.identity} one={one} />)}</tbody>
                </table>
            </div>
            <footer class="foot"><BarLegend parts={[['load', 'Measured', ''], ['told', 'May take', ''], ['absent', 'Absent: reserved', ''], ['mark', 'Fall-back', '']]} /></footer>
        </div>
    );
}

/** What a person should do, when something keeps the site from its limit. */
function LookAt({ site }: { site: Site }) {
    const named = (why: SiteCharger['why']) => site.chargers.filter((one) => one.why === why).map((one) => one.identity).join(', ');
    const refused = named('refused');
    const untold = named('untold');
    if (!site.over_w && !refused && !untold) return null;
    return (
        <div class={`banner ${site.over_w ? 'crit' : 'warn'}`} role="alert">
            <Icon name={site.over_w ? 'critical' : 'warning'} />
            <div>
                {site.over_w > 0 && <strong>{power(site.over_w)} more than the limit may be taken.</strong>}
                <ul>
                    {refused && <li><b>{refused}</b> does not do as it is told. All that it can take is kept for it, and others have less. Look whether it has a limit for charging profiles, or take it out of service.</li>}
                    {untold && <li><b>{untold}</b> has not accepted its fall-back yet and may take all it can. It is told as soon as it connects.</li>}
                    {!refused && !untold && <li>The hub or the limit has just changed; chargers obey within half a minute.</li>}
                </ul>
            </div>
        </div>
    );
}

function Limit({ site, changed }: { site: Site; changed: (site: Site) => void }) {
    const [failure, setFailure] = useState('');
    const off = reach.value.state === 'lost';
    async function submit(event: SubmitEvent) {
        event.preventDefault();
        const limit_w = Math.round(Number(new FormData(event.target as HTMLFormElement).get('limit')) * 1000);
        setFailure('');
        if (limit_w === site.limit_w || !(await ask(`Change the limit of ${site.site_id} from ${power(site.limit_w)} to ${power(limit_w)}? Its chargers are told at once${limit_w < site.limit_w ? ', and what charges slows down' : ''}.`, 'Change'))) return;
        await setSite(site.site_id, limit_w, site.chargers).then(changed, (error) => setFailure(`The limit was not changed. ${(error as Error).message}`));
    }
    async function remove() {
        if (!(await ask(`Remove the site ${site.site_id}? Its chargers keep what they were told until that ends, within 20 minutes; then nothing limits them together.`, 'Remove'))) return;
        await removeSite(site.site_id).then(() => (location.hash = href(['sites'])), (error) => setFailure(`The site was not removed. ${(error as Error).message}`));
    }
    return (
        <Card title="Limit" wide={4}>
            <form class="fields" onSubmit={submit}>
                <label class="field"><span>Limit, kW</span><input key={site.limit_w} class="input" name="limit" type="number" required min={0.001} max={100000} step={0.001} inputMode="decimal" defaultValue={site.limit_w / 1000} /></label>
                <div class="acts"><button class="btn primary" disabled={off}>Change…</button><button type="button" class="btn" disabled={off} onClick={() => void remove()}>Remove this site…</button></div>
            </form>
            <p class="hint">At least what all fall-backs need: {power(site.chargers.reduce((sum, one) => sum + one.fallback_w, 0))}.</p>
            {failure && <p class="failure" role="alert">{failure}</p>}
        </Card>
    );
}

export function SitePage({ id }: { id: string }) {
    useTitle(`Site ${id}`);
    const fresh = useFresh(() => getSite(id), EVERY_MS, [id], signOf());
    const site = fresh.value;
    const unknown = !site && fresh.failure?.status === 404;
    return (
        <>
            <div class="dev-head">
                <nav class="crumb" aria-label="Where this is"><a href={href(['sites'])}>Sites</a><Icon name="chevron" /></nav>
                <h1 class="ell" title={id}>{unknown ? 'Unknown site' : id}</h1>
                {site && <span class="states"><SiteState site={site} pill /></span>}
                {site && <span class="meta">{count(site.chargers.filter((one) => one.online).length)} of {count(site.chargers.length)} online{site.waiting_count > 0 && `, ${count(site.waiting_count)} waiting`}</span>}
            </div>
            {unknown ? <p role="status">There is no site <b>{id}</b>. <a href={href(['sites'])}>See all sites</a></p> : <Stale fresh={fresh} what={`Site ${id}`} />}
            {site && (
                <>
                    <LookAt site={site} />
                    <div class="grid">
                        <Card title="Load" wide={8}><SiteLoad site={site} /></Card>
                        <Limit site={site} changed={fresh.put} />
                    </div>
                    <Shares site={site} />
                    <div class="grid"><SiteForm key={JSON.stringify(site.chargers.map(memberOf))} site={site} changed={fresh.put} /></div>
                </>
            )}
        </>
    );
}
