// SPDX-License-Identifier: Apache-2.0
// The hub's REST API (hub/api/openapi.json): types of what it answers, the session, and one `call`.
import { signal } from '@preact/signals';

export interface Value { value: number; at_ms: number }
export interface Health {
    firmware: string; uptime_ms: number; heap_free_bytes: number; heap_low_bytes: number;
    rssi_dbm: number; boots: number; crashes: number; brown_outs: number; reconnects: number;
    reset_reason: string; journal_waiting: number; journal_dropped: number; event_dropped: number;
    audio_dropped: number; log_errors: number;
    fault: string | null; fault_number: number; fault_text: string | null; fault_action: string | null;
}
/** How a device's update over the air stands, and what became of the last one. */
export interface Update { state: string | null; version: string | null; report: string | null; error: boolean }
export interface WindowState {
    position: number; target: number; moving: boolean; calibrated: boolean; fault: string | null;
}
export interface Decision {
    at_ms: number; position: number; confidence: number;
    temperature: number | null; humidity: number | null; sound: number | null;
    model_version?: string | null; trace_id?: string | null;
}
export type Metric = 'temperature' | 'humidity' | 'sound' | 'position' | 'confidence';
export interface Device {
    device_id: string; type: string; name: string; location: string;
    claimed: boolean; online: boolean; active: boolean;
    registered_at_ms: number; last_seen_at_ms: number | null;
    latest: { temperature: Value | null; humidity: Value | null; sound: Value | null };
    health: Health | null; update: Update | null; window: WindowState | null; decision: Decision | null;
}
export interface Counts { total: number; online: number; active: number; unclaimed: number; faulty: number }
export interface DevicePage { devices: Device[]; next: string | null; counts: Counts }
export type Point = [at_ms: number, mean: number, min: number, max: number];
export interface History { device_id: string; metric: Metric; unit: string; points: Point[] }
export interface Command {
    command_id: string; device_id: string; command: string; state: 'sent' | 'ok' | 'failed' | 'timeout';
    answer: unknown; created_at_ms: number; finished_at_ms: number | null;
}

interface Tokens { access_token: string; refresh_token: string; operator: { email: string } }

/** Why a call failed, in words for the operator. */
export class ApiError extends Error {
    constructor(readonly status: number, message: string) {
        super(message);
    }
}

const KEY = 'roost-session';

/** The signed-in session, or null. It lives as long as the browser's tab. */
export const session = signal<Tokens | null>(JSON.parse(sessionStorage.getItem(KEY) ?? 'null'));

function keep(tokens: Tokens | null): void {
    session.value = tokens;
    if (tokens) sessionStorage.setItem(KEY, JSON.stringify(tokens));
    else sessionStorage.removeItem(KEY);
}

async function send(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = {};
    if (session.value) headers.Authorization = `Bearer ${session.value.access_token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    try {
        return await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
    } catch (error) {
        if (signal?.aborted) throw error;
        throw new ApiError(0, 'The hub cannot be reached.');
    }
}

async function failure(response: Response): Promise<ApiError> {
    const body = await response.json().catch(() => null);
    return new ApiError(response.status, body?.error?.message ?? `The hub answered ${response.status}.`);
}

// A refresh token is good once: calls that meet an expired access token together share one refresh.
let refreshing: Promise<boolean> | null = null;

function refresh(): Promise<boolean> {
    refreshing ??= (async () => {
        const token = session.value?.refresh_token;
        const response = token ? await send('POST', '/api/v1/auth/refresh', { refresh_token: token }) : null;
        keep(response?.ok ? await response.json() : null);
        return session.value !== null;
    })().finally(() => (refreshing = null));
    return refreshing;
}

/** Sends a request, refreshing the session once when it has expired. Throws ApiError. */
export async function request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    let response = await send(method, path, body, signal);
    if (response.status === 401 && session.value && (await refresh()))
        response = await send(method, path, body, signal);
    if (response.status === 401) keep(null);
    if (!response.ok) throw await failure(response);
    return response;
}

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await request(method, path, body);
    return response.status === 204 ? (undefined as T) : response.json();
}

export async function signIn(email: string, password: string): Promise<void> {
    const response = await send('POST', '/api/v1/auth/login', { email, password });
    if (!response.ok) throw await failure(response);
    keep(await response.json());
}

export function signOut(): void {
    const token = session.value?.refresh_token;
    if (token) send('POST', '/api/v1/auth/logout', { refresh_token: token }).catch(() => undefined);
    keep(null);
}

export const devicePath = (id: string): string => `/api/v1/devices/${encodeURIComponent(id)}`;
