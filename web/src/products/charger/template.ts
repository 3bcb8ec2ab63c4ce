// SPDX-License-Identifier: Apache-2.0
// What configuration chargers should have, and how far each is from it (docs/chargers.md).
import { call } from '../../hub/api';
import type { IconName } from '../../shell/Icon';
import { queryOf } from './api';

export interface For { all?: boolean; vendor?: string; model?: string; chargers?: string[] }
export interface Template { name: string; for: For; on_boot: boolean; keys: Record<string, string> }
export type KeyState = 'as_wanted' | 'differs' | 'unread' | 'read_only' | 'reboot_required' | 'unknown_key' | 'refused' | 'not_taken' | 'unanswered';
export type Counts = Record<KeyState, number>;
export interface DriftKey { key: string; wanted: string; has: string | null; state: KeyState; template: string; tried_at_ms: number | null }
export interface Drift { identity: string; online: boolean; running: boolean; reboot_required: boolean; keys: DriftKey[]; counts: Counts }
export interface DriftReport { counts: Counts; chargers: { identity: string; online: boolean; counts: Counts }[]; more: boolean }

const V1 = '/api/v1';
const at = (name: string, more = '') => `${V1}/templates/${encodeURIComponent(name)}${more}`;
const driftAt = (identity: string) => `${V1}/chargers/${encodeURIComponent(identity)}/drift`;
export const listTemplates = () => call<{ templates: Template[] }>('GET', `${V1}/templates`);
export const setTemplate = ({ name, ...rest }: Template) => call<Template>('PUT', at(name), rest);
export const removeTemplate = (name: string) => call<void>('DELETE', at(name));
export const applyTemplate = (name: string) => call<unknown>('POST', at(name, '/apply'));
export const listDrift = (state: string) => call<DriftReport>('GET', `${V1}/drift${queryOf({ state, limit: 1000 })}`);
export const getDrift = (identity: string) => call<Drift>('GET', driftAt(identity));
export const mendDrift = (identity: string) => call<unknown>('POST', driftAt(identity));

/** How a key stands: the word, the tone, the shape, what it means. */
export const KEY_STATES: Record<KeyState, [word: string, tone: string, shape: IconName, meaning: string]> = {
    as_wanted: ['As wanted', 'ok', 'ok', ''],
    differs: ['Differs', 'warning', 'warning', 'It has another value and was not tried since it started.'],
    unread: ['Not read', 'unknown', 'unknown', 'Nothing is known of it yet; it is read when the charger starts, or now.'],
    read_only: ['Read-only', 'late', 'late', 'The charger does not let it be changed.'],
    reboot_required: ['After a restart', 'updating', 'updating', 'It is taken and counts after the charger\'s next restart.'],
    unknown_key: ['No such key', 'late', 'late', 'The charger does not have this key.'],
    refused: ['Refused', 'critical', 'critical', 'The charger does not take this value. It is not tried again until it starts or somebody asks.'],
    not_taken: ['Not taken', 'critical', 'critical', 'The charger said it took it, and has another value all the same.'],
    unanswered: ['No answer', 'warning', 'warning', 'The charger did not answer. It is not tried again until it starts or somebody asks.'],
};

export function forText({ all, vendor, model, chargers }: For): string {
    if (all) return 'All chargers';
    if (chargers) return chargers.join(', ');
    return [vendor && `made by ${vendor}`, model && `of model ${model}`].filter(Boolean).join(', ');
}

export const countsText = (counts: Counts): string =>
    (Object.keys(KEY_STATES) as KeyState[]).filter((state) => counts[state] > 0).map((state) => `${counts[state]} ${KEY_STATES[state][0].toLowerCase()}`).join(', ');
