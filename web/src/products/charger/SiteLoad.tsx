// SPDX-License-Identifier: Apache-2.0
// A site's limit and what is spoken for of it.
import { Icon } from '../../shell/Icon';
import { Bar, BarLegend } from './Bar';
import { sharesOf, type Site } from './site';
import { power } from './words';

export function SiteState({ site, pill }: { site: Site; pill?: boolean }) {
    const cls = pill ? 'pill' : '';
    if (site.over_w > 0) return <span class={`st critical ${cls}`}><Icon name="critical" />Over by {power(site.over_w)}</span>;
    if (site.refused_count > 0) return <span class={`st warning ${cls}`}><Icon name="warning" />A charger refuses</span>;
    return <span class={`st ok ${cls}`}><Icon name="ok" />Within its limit</span>;
}

export function SiteLoad({ site }: { site: Site }) {
    const { load_w, absent_w, told_w, free_w } = sharesOf(site);
    const over = site.over_w > 0;
    return (
        <>
            <p class="big">{power(site.load_w)} <small>of {power(site.limit_w)} measured now</small></p>
            <Bar of_w={Math.max(site.limit_w, site.reserved_w)} mark_w={over ? site.limit_w : undefined}
                parts={[{ kind: 'load', w: load_w, label: 'load' }, { kind: 'told', w: told_w, label: 'told' }, { kind: 'absent', w: absent_w, label: 'absent' }]}
                words={`${power(site.load_w)} measured, ${power(site.reserved_w)} given away of ${power(site.limit_w)}${absent_w ? `, ${power(absent_w)} of it for absent chargers` : ''}`} />
            <BarLegend parts={[['load', 'Measured', power(site.load_w)], ['told', 'Given, not used', power(told_w)], ['absent', 'Kept for absent chargers', power(absent_w)], over ? ['mark', 'The limit', power(site.limit_w)] : ['free', 'Free', power(free_w)]]} />
        </>
    );
}
