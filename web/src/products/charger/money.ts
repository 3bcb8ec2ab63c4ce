// SPDX-License-Identifier: Apache-2.0
// Tariffs, payments and the ledger as the hub has them (docs/money.md). Amounts are whole minor units; prices are thousandths of one.
import { call } from '../../hub/api';
import type { IconName } from '../../shell/Icon';
import { queryOf } from './api';

export type Day = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';
export const DAYS: Day[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
export interface Part { days: Day[]; from_min: number; to_min: number; kwh_milli: number; minute_milli: number; idle_milli: number }
export interface Place { site_id?: string; identity?: string; connector_id?: number; everywhere?: boolean }
export interface Prices { tariff_id: string; name: string; currency: string; time_zone: string; start_amount: number; idle_grace_s: number; parts: Part[] }
export interface Tariff extends Prices { places: Place[] }
export interface Cost {
    state: 'free' | 'running' | 'final' | 'doubtful'; tariff: Prices | null; energy_wh?: number; charging_s?: number; idle_s?: number; total_amount?: number;
    lines?: { what: 'start' | 'energy' | 'minutes' | 'idle'; quantity: number; unit: 'session' | 'Wh' | 's'; amount: number }[];
}
export type PaymentState = 'new' | 'begun' | 'unpaid' | 'paid' | 'charging' | 'held' | 'refunding' | 'done';
export interface Payment {
    payment_id: string; state: PaymentState; identity: string; connector_id: number; transaction_id: number | null; reference: string | null; currency: string;
    limit_wh: number | null; limit_s: number | null; amount: number; used_amount: number; refund_amount: number; over_amount: number; fee_amount: number;
    made_at_ms: number; changed_at_ms: number;
}
export type Account = 'provider' | 'reserved' | 'refunds' | 'used' | 'fees';
export interface PaymentWhole extends Payment { tariff: Prices | null; entries: { number: number; event: string; account: Account; amount: number; at_ms: number }[] }
export interface Ledger {
    adds_up: boolean; accounts: Record<Account, number>; difference_count: number;
    differences: { payment_id: string; account: Account | null; expected: number; found: number }[];
}

const V1 = '/api/v1';
const tariffAt = (id: string) => `${V1}/tariffs/${encodeURIComponent(id)}`;
const paymentAt = (id: string, more = '') => `${V1}/payments/${encodeURIComponent(id)}${more}`;
export const listTariffs = () => call<{ tariffs: Tariff[] }>('GET', `${V1}/tariffs`);
export const setTariff = ({ tariff_id, ...rest }: Tariff) => call<Tariff>('PUT', tariffAt(tariff_id), rest);
export const removeTariff = (id: string) => call<void>('DELETE', tariffAt(id));
export const listPayments = (filter: Record<string, string | number | undefined>) => call<{ payments: Payment[]; more: boolean }>('GET', `${V1}/payments${queryOf(filter)}`);
export const getPayment = (id: string) => call<PaymentWhole>('GET', paymentAt(id));
export const decidePayment = (id: string, used_amount: number) => call<Payment>('POST', paymentAt(id, '/decision'), { used_amount });
export const getLedger = () => call<Ledger>('GET', `${V1}/ledger`);

/** How many digits a currency's minor unit stands behind the point. */
export function digitsOf(currency: string): number {
    try {
        return new Intl.NumberFormat([], { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
    } catch {
        return 2;
    }
}
export const minorOf = (major: number, currency: string): number => Math.round(major * 10 ** digitsOf(currency));
export const majorOf = (minor: number, currency: string): number => minor / 10 ** digitsOf(currency);
/** A price as people type it, in the major unit. */
export const milliOf = (major: number, currency: string): number => Math.round(major * 1000 * 10 ** digitsOf(currency));
export const priceOf = (milli: number, currency: string): number => milli / 1000 / 10 ** digitsOf(currency);

function shown(value: number, currency: string, most: number): string {
    const digits = digitsOf(currency);
    try {
        return new Intl.NumberFormat([], { style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits + most }).format(value);
    } catch {
        return `${value.toFixed(digits)} ${currency}`;
    }
}
export const money = (minor: number, currency: string): string => shown(majorOf(minor, currency), currency, 0);
export const price = (milli: number, currency: string): string => shown(priceOf(milli, currency), currency, 3);

export const hhmm = (min: number): string => (min === 1440 ? '24:00' : `${String(Math.floor(min / 60)).padStart(2, '0')}:${String(min % 60).padStart(2, '0')}`);

function daysText(days: Day[]): string {
    if (days.length === 7) return 'every day';
    if (days.join() === 'mon,tue,wed,thu,fri') return 'Monday to Friday';
    if (days.join() === 'sat,sun') return 'at the weekend';
    return days.map((day) => day[0].toUpperCase() + day.slice(1)).join(', ');
}

/** One part in words: when it holds, and what it costs. */
export function partText(part: Part, currency: string): [when: string, what: string] {
    const whole = part.from_min === 0 && part.to_min === 1440;
    const costs = [part.kwh_milli && `${price(part.kwh_milli, currency)} a kWh`, part.minute_milli && `${price(part.minute_milli, currency)} a minute`, part.idle_milli && `${price(part.idle_milli, currency)} an idle minute`].filter(Boolean);
    return [`${daysText(part.days)}${whole ? '' : `, ${hhmm(part.from_min)} to ${hhmm(part.to_min)}`}`, costs.join(', ') || 'free'];
}

export function placeText({ site_id, identity, connector_id, everywhere }: Place): string {
    if (everywhere) return 'everywhere';
    return site_id ? `site ${site_id}` : `${identity}${connector_id ? `, connector ${connector_id}` : ''}`;
}

/** How a payment stands: the word, the tone, the shape. */
export const PAYMENT: Record<PaymentState, [word: string, tone: string, shape: IconName]> = {
    new: ['Asked for', 'updating', 'updating'], begun: ['At the provider', 'updating', 'updating'], unpaid: ['Not paid', 'offline', 'offline'], paid: ['Paid, starts', 'updating', 'updating'],
    charging: ['Charging', 'online', 'online'], held: ['To be decided', 'warning', 'warning'], refunding: ['Giving back', 'updating', 'updating'], done: ['Done', 'ok', 'ok'],
};

export const ACCOUNTS: Record<Account, string> = { provider: 'Held by the provider', reserved: 'Paid, not used yet', refunds: 'To be given back', used: 'Earned', fees: 'The provider\'s fees' };
/** What an account has as people say it: those that we owe or earned from stand with the other sign in the books. */
export const hasOf = (account: Account, amount: number): number => (account === 'provider' || account === 'fees' ? amount : -amount || 0);
export const LINES: Record<string, string> = { start: 'Start', energy: 'Energy', minutes: 'Time of charging', idle: 'Time without charging' };
