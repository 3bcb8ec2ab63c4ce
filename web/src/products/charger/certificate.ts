// SPDX-License-Identifier: Apache-2.0
// Certificates of chargers as the hub knows them: signed here or shown at its door.
import { call } from '../../hub/api';
import type { IconName } from '../../shell/Icon';
import { queryOf } from './api';

export interface Certificate {
    certificate_id: number; identity: string; name: string; serial: string; state: 'signed' | 'taken' | 'refused' | 'shown';
    until_ms: number; days_left: number; signed_at_ms: number | null; shown_at_ms: number | null; renewal_asked_at_ms: number | null;
}
export interface Calendar { expiring: { within_30_days: number; within_7_days: number; expired: number }; certificates: Certificate[]; more: boolean }
export const listCertificates = (filter: { identity?: string; days?: string; limit?: number }) => call<Calendar>('GET', `/api/v1/certificates${queryOf(filter)}`);

export const CERTIFICATE: Record<Certificate['state'], string> = {
    signed: 'signed here, not known whether the charger has it', taken: 'signed here and taken', refused: 'signed here, refused by the charger', shown: 'it comes in with it',
};

/** How long it is good yet: the word, the tone, the shape. */
export function leftOf(days: number): [word: string, tone: string, shape: IconName] {
    if (days < 0) return ['expired', 'critical', 'critical'];
    return [days === 1 ? '1 day left' : `${days.toLocaleString()} days left`, days < 7 ? 'critical' : days < 30 ? 'warning' : 'ok', days < 7 ? 'critical' : days < 30 ? 'warning' : 'ok'];
}
