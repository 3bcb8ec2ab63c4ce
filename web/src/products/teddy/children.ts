// SPDX-License-Identifier: Apache-2.0
// Children as the hub keeps them (hub/api/openapi.json: ChildWhole). Their names stay on the page: not in
// its address, its title or the browser's storage.
import { call } from '../../hub/api';

export type Kind = 'service' | 'disclosure';
export interface Child {
    child_id: string; name: string | null; birth_month: string; age: number; age_group: string | null;
    language: 'en' | 'ar'; consents: Record<Kind, boolean>; device_count: number; created_at_ms: number;
}
export interface Consent {
    kind: Kind; provider: string; method: string; notice_version: string;
    given_at_ms: number; given_by: number; revoked_at_ms: number | null;
}
export interface ChildWhole extends Child {
    consent_history: Consent[];
    devices: { device_id: string; claimed_at_ms: number }[];
}
export interface AuditLine { id: number; at_ms: number; operator_id: number | null; what: string; device_id: string | null }
export interface Profile { child_id?: string; name: string; birth_month: string; language: string }

const CHILDREN = '/api/v1/children';
const path = (id: string, more = '') => `${CHILDREN}/${encodeURIComponent(id)}${more}`;

export const PAGE = 100;
export const listChildren = (after = '') => call<{ children: Child[] }>('GET', `${CHILDREN}?limit=${PAGE}${after && `&after=${encodeURIComponent(after)}`}`).then((answer) => answer.children);
export const getChild = (id: string) => call<ChildWhole>('GET', path(id));
export const getAudit = (id: string) => call<{ audit: AuditLine[] }>('GET', path(id, '/audit?limit=50')).then((answer) => answer.audit);
export const addChild = (profile: Profile) => call<ChildWhole>('POST', CHILDREN, profile);
export const changeChild = (id: string, profile: Profile) => call<ChildWhole>('PUT', path(id), profile);
export const removeChild = (id: string) => call<void>('DELETE', path(id));
export const giveConsent = (id: string, consent: object) => call<ChildWhole>('POST', path(id, '/consents'), consent);
export const revokeConsent = (id: string, kind: Kind) => call<void>('DELETE', path(id, `/consents/${kind}`));

export const LANGUAGES: Record<string, string> = { en: 'English', ar: 'Arabic' };
export const KINDS: Record<Kind, string> = { service: 'Service', disclosure: 'Disclosure' };

/** How a parent said yes (16 CFR 312.5(b)); the last two are for the service alone. */
export const METHODS: Record<string, string> = {
    form: 'Signed form', card: 'Payment card', phone: 'Phone call', video: 'Video call', id: 'Government id',
    face: 'Face and photo id', questions: 'Knowledge questions', 'in-person': 'In person',
    'email-plus': 'E-mail plus', 'text-plus': 'Text plus',
};
export const ONLY_SERVICE = ['email-plus', 'text-plus'];
