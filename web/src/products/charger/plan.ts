// SPDX-License-Identifier: Apache-2.0
// Reservations and charging profiles as the hub knows them, schedules reckoned with, and what a charger says it will allow.
import { call } from '../../hub/api';
import { operate, queryOf, type Key } from './api';

export interface Reservation {
    reservation_id: number; connector_id: number; id_tag: string; made_at_ms: number; expires_at_ms: number;
    state: 'reserved' | 'cancelled' | 'used' | 'expired';
}
export interface Period { startPeriod: number; limit: number; numberPhases?: number }
export interface Schedule { duration?: number; startSchedule?: string; chargingRateUnit: 'W' | 'A'; chargingSchedulePeriod: Period[] }
export type Purpose = 'ChargePointMaxProfile' | 'TxDefaultProfile' | 'TxProfile';
export interface Profile {
    chargingProfileId: number; transactionId?: number; stackLevel: number; chargingProfilePurpose: Purpose;
    chargingProfileKind: 'Absolute' | 'Recurring' | 'Relative'; recurrencyKind?: 'Daily' | 'Weekly';
    validFrom?: string; validTo?: string; chargingSchedule: Schedule;
}
export interface KnownProfile { connector_id: number; name: string; description: string; profile: Profile }
export interface Plans { configuration: Key[]; reservations: Reservation[]; charging_profiles: KnownProfile[] }

export const getPlans = (identity: string) => call<Plans>('GET', `/api/v1/chargers/${encodeURIComponent(identity)}/known`);

/** A number that nobody has used for such a thing yet: seconds, below those that sites take for themselves. */
export const freshId = (): number => Math.floor(Date.now() / 1000) % 1e9;

export const PURPOSES: Record<Purpose, string> = {
    ChargePointMaxProfile: 'Most for the whole charger', TxDefaultProfile: 'For every session', TxProfile: 'For the running session',
};

const DAY_S = 86400;

/** When it is over, counted from its start. One without an end is drawn a while beyond its last step. */
export function lengthS({ duration, chargingSchedulePeriod: steps }: Schedule, again?: 'Daily' | 'Weekly'): number {
    const last = steps[steps.length - 1]?.startPeriod ?? 0;
    return duration ?? (again ? (again === 'Daily' ? DAY_S : 7 * DAY_S) : last + Math.max(1800, last / 4));
}

export const limitText = (limit: number, unit: 'W' | 'A'): string =>
    unit === 'A' ? `${limit.toLocaleString([], { maximumFractionDigits: 1 })}\u202fA` : `${(limit / 1000).toLocaleString([], { minimumFractionDigits: 1, maximumFractionDigits: 2 })}\u202fkW`;

/** What a charger will allow, from its answer to GetCompositeSchedule. */
export interface Composite { start_ms: number; schedule: Schedule }
export async function askComposite(identity: string, connectorId: number, duration: number): Promise<Composite | null> {
    const { status, scheduleStart, chargingSchedule } = await operate<{ status?: string; scheduleStart?: string; chargingSchedule?: Schedule }>(
        identity, 'GetCompositeSchedule', { connectorId, duration, chargingRateUnit: 'W' });
    if (status !== 'Accepted' || !chargingSchedule?.chargingSchedulePeriod.length) return null;
    return { start_ms: scheduleStart ? Date.parse(scheduleStart) : Date.now(), schedule: { duration, ...chargingSchedule } };
}

/** Its steps as moments, with one at the end that holds the last; null where it is in ampere and the voltage is not known. */
export interface Plan { at_ms: number[]; limit_w: (number | null)[] }
export function planOf({ start_ms, schedule }: Composite, voltage: number | null): Plan {
    const watts = ({ limit, numberPhases = 3 }: Period) => (schedule.chargingRateUnit === 'W' ? limit : voltage === null ? null : limit * voltage * numberPhases);
    const steps = schedule.chargingSchedulePeriod;
    return {
        at_ms: [...steps.map((step) => start_ms + step.startPeriod * 1000), start_ms + lengthS(schedule) * 1000],
        limit_w: [...steps, steps[steps.length - 1]].map(watts),
    };
}

export const profileQuery = (name: string, description: string): string => queryOf({ name, description });
