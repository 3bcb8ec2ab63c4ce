// SPDX-License-Identifier: Apache-2.0
// Chargers, their transactions and tags as the hub has them (hub/api/openapi.json), and what is asked of a charger.
import { call } from '../../hub/api';
import { ApiError } from '../../hub/http';
import type { Cost } from './money';

export type Registration = 'accepted' | 'pending' | 'rejected';
export interface Connector {
    connector_id: number; status: string | null; error_code: string | null; info: string; vendor_error_code: string;
    at_ms: number | null; transaction_id: number | null; power_w: number | null;
}
export interface Charger {
    identity: string; registration: Registration; lenient: string[]; has_password: boolean; booted: boolean; booted_at_ms: number | null;
    vendor: string; model: string; serial: string; firmware: string; online: boolean; seen_at_ms: number | null; connectors: Connector[];
}
export interface Sample { at_ms: number; measurand: string | null; phase: string | null; location: string | null; context: string | null; unit: string | null; value: number | null; doubtful: boolean }
export interface Transaction {
    transaction_id: number; identity: string; connector_id: number; state: 'open' | 'closed' | 'left' | 'unmatched';
    id_tag: string | null; stop_id_tag: string | null; tag_status: string | null;
    started_at_ms: number | null; start_arrived_at_ms: number | null; meter_start_wh: number | null;
    stopped_at_ms: number | null; stop_arrived_at_ms: number | null; meter_stop_wh: number | null;
    energy_wh: number | null; billable: boolean; reason: string | null; reservation_id: number | null; said_id: number; flags: string[];
}
export interface TransactionWhole extends Transaction {
    samples: Sample[]; more_samples: boolean; data: { message: string; text: string; arrived_at_ms: number }[];
    cost: Cost; invoice_line: string | null;
}
export interface LiveConnector {
    connector_id: number; status: string | null; error_code: string | null; status_at_ms: number | null;
    active: Transaction | null; latest: Transaction | null; live_at_ms: number | null; power_w: number | null; energy_register_wh: number | null;
}
export interface Live { online: boolean; vehicle: string | null; vehicle_at_ms: number | null; connectors: LiveConnector[] }
export interface Key { key: string; readonly: boolean; value?: string | null }
export interface Note { id: number; action: string; what: string; text: string; at_ms: number; arrived_at_ms: number }
export interface Message {
    number: number; at_ms: number; direction: 'from_charger' | 'to_charger'; action: string | null; result: string | null;
    took_ms: number | null; text: string | null; answer: string | null; cut: boolean;
}
export interface Tag { id_tag: string; parent_id_tag: string | null; blocked: boolean; expires_at_ms: number | null; limit: number }
export interface Password { password: string; authorization_key: string }

const V1 = '/api/v1';
const at = (identity: string, more = '') => `${V1}/chargers/${encodeURIComponent(identity)}${more}`;
const tagAt = (id: string) => `${V1}/tags/${encodeURIComponent(id)}`;

/** "?a=1&b=2" of what is not empty. */
export function queryOf(values: Record<string, string | number | undefined>): string {
    const text = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== undefined && value !== '').map(([key, value]) => [key, String(value)])).toString();
    return text && `?${text}`;
}

export const PAGE = 100;
export const listChargers = (after = '', limit = PAGE) => call<{ chargers: Charger[]; more: boolean }>('GET', `${V1}/chargers${queryOf({ after, limit })}`);
/** For what is chosen from. */
export const CHOICE = 1000;
export const getCharger = (identity: string) => call<Charger>('GET', at(identity));
export const addCharger = (identity: string) => call<Charger & Password>('POST', `${V1}/chargers`, { identity });
export const changeCharger = (identity: string, part: object) => call<Charger>('PATCH', at(identity), part);
export const removeCharger = (identity: string) => call<void>('DELETE', at(identity));
export const newPassword = (identity: string) => call<Password>('POST', at(identity, '/password'));
export const getLive = (identity: string) => call<Live>('GET', at(identity, '/connectors'));
export const getKnown = (identity: string) => call<{ configuration: Key[]; reboot_required: boolean }>('GET', at(identity, '/known'));
export const listNotes = (identity: string, before?: number) => call<{ notes: Note[]; more: boolean }>('GET', at(identity, `/notes${queryOf({ before, limit: 50 })}`));
export const listMessages = (identity: string, filter: { action?: string; text?: string; before?: number }) =>
    call<{ messages: Message[]; more: boolean }>('GET', at(identity, `/messages${queryOf({ ...filter, limit: 50 })}`));

export const listTransactions = (filter: Record<string, string | number | undefined>) =>
    call<{ transactions: Transaction[]; more: boolean }>('GET', `${V1}/transactions${queryOf({ ...filter, limit: filter.limit ?? 50 })}`);
export const getTransaction = (id: number | string, after?: number) =>
    call<TransactionWhole>('GET', `${V1}/transactions/${encodeURIComponent(id)}${queryOf({ after, samples: 5000 })}`);

export const listTags = (after = '') => call<{ tags: Tag[]; more: boolean }>('GET', `${V1}/tags${queryOf({ after, limit: PAGE })}`);
export const getTag = (id: string) => call<Tag & { transaction_count: number; open_count: number }>('GET', tagAt(id));
export const addTag = (tag: Tag) => call<Tag>('POST', `${V1}/tags`, tag);
export const changeTag = ({ id_tag, ...rest }: Tag) => call<Tag>('PUT', tagAt(id_tag), rest);
export const removeTag = (id: string) => call<void>('DELETE', tagAt(id));

/** What is to be done, by the hub's word for why an operation came to nothing. */
const REMEDY: Record<string, string> = {
    offline: 'It is not connected, so nothing was sent. Check its power and network, then try again.',
    not_accepted: 'The hub has not accepted it, so nothing was sent. Accept it under Security, then try again.',
    busy: 'Too many operations wait for it. Wait until they are over, then try again.',
    timed_out: 'It did not answer in time and may have obeyed. Look at its state before you try again.',
    withdrawn: 'It was busy for too long, so nothing was sent. Try again.',
    replaced: 'It connected anew before it answered and may have obeyed. Look at its state before you try again.',
    connection_lost: 'Its connection broke before it answered and it may have obeyed. Look at its state when it is back.',
};

/** What happened, to which charger, and what to do. */
export function wrong(error: unknown, identity: string, doing: string): string {
    const { code = '', message, status } = error as ApiError;
    const what = `${identity}: ${doing} did not succeed.`;
    if (code === 'callerror' || code === 'bad_answer') return `${what} It answered with an error: ${message}. The messages log has the whole exchange.`;
    if (status === 0) return `${what} ${message} Try again when it can.`;
    return `${what} ${REMEDY[code] ?? `${message.replace(/\.$/, '')}.`}`;
}

/** The charger's answer as OCPP has it. */
export interface Answer { status?: string; configurationKey?: Key[]; unknownKey?: string[] }
export const operate = <T = Answer>(identity: string, name: string, body: object = {}, query = '') =>
    call<T>('POST', at(identity, `/operations/${name}${query}`), body);
