// SPDX-License-Identifier: Apache-2.0
// Sites as the hub has them: chargers that share a limit, what each has of it now, and why.
import { call } from '../../hub/api';
import type { IconName } from '../../shell/Icon';

export type Why = 'idle' | 'full' | 'measured' | 'shared' | 'waiting' | 'too_small' | 'offline' | 'refused' | 'untold';
export interface Member { identity: string; nominal_w: number; minimum_w: number; fallback_w: number }
export interface SiteCharger extends Member { online: boolean; wants: boolean; share_w: number; may_take_w: number; load_w: number | null; why: Why; why_text: string }
export interface Site {
    site_id: string; limit_w: number; reserved_w: number; load_w: number; over_w: number;
    refused_count: number; waiting_count: number; offline_count: number; chargers: SiteCharger[];
}

/** What is set of it. */
export const memberOf = ({ identity, nominal_w, minimum_w, fallback_w }: Member): Member => ({ identity, nominal_w, minimum_w, fallback_w });

const at = (id: string) => `/api/v1/sites/${encodeURIComponent(id)}`;
export const listSites = () => call<{ sites: Site[] }>('GET', '/api/v1/sites');
export const getSite = (id: string) => call<Site>('GET', at(id));
export const setSite = (id: string, limit_w: number, chargers: Member[]) =>
    call<Site>('PUT', at(id), { limit_w, chargers: chargers.map(memberOf) });
export const removeSite = (id: string) => call<void>('DELETE', at(id));

/** Why a charger has what it has: the word, the tone, the shape. */
export const WHY: Record<Why, [word: string, tone: string, shape: IconName]> = {
    idle: ['Nothing to charge', 'ok', 'ok'],
    full: ['All it can take', 'online', 'online'],
    measured: ['What its car uses', 'online', 'online'],
    shared: ['Its share', 'online', 'late'],
    waiting: ['Waits for its turn', 'late', 'late'],
    too_small: ['Site too small for it', 'warning', 'warning'],
    offline: ['Absent, fall-back reserved', 'offline', 'offline'],
    refused: ['Refuses its limit', 'critical', 'critical'],
    untold: ['Fall-back not accepted yet', 'warning', 'warning'],
};

/** How a site's limit is spoken for. Watts; all of them together are the limit, or more where it is exceeded. */
export interface Shares { load_w: number; absent_w: number; told_w: number; free_w: number }
export function sharesOf(site: Site): Shares {
    const absent_w = site.chargers.filter((one) => !one.online).reduce((sum, one) => sum + one.may_take_w, 0);
    const load_w = Math.min(site.load_w, Math.max(0, site.reserved_w - absent_w));
    return { load_w, absent_w, told_w: Math.max(0, site.reserved_w - absent_w - load_w), free_w: Math.max(0, site.limit_w - site.reserved_w) };
}
