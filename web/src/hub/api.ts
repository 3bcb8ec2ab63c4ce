// SPDX-License-Identifier: Apache-2.0
// The hub's REST API (hub/api/openapi.json): what it answers for every kind of device, and `call`.
// What only one product has is a member that its folder knows (products/).
import { failure, send } from './http';
import { refreshed, session, signOutOf } from './session';

export interface Health {
    firmware: string; uptime_ms: number; heap_free_bytes: number; heap_low_bytes: number;
    rssi_dbm: number; boots: number; crashes: number; brown_outs: number; reconnects: number;
    reset_reason: string; journal_waiting: number; journal_dropped: number; event_dropped: number;
    log_errors: number;
    fault: string | null; fault_number: number; fault_text: string | null; fault_action: string | null;
    [counter: string]: unknown; // the product's own
}
/** How a device's update over the air stands, and what became of the last one. */
export interface Update { state: string | null; version: string | null; report: string | null; error: boolean }

/** How a device is, as the hub computes it (hub/fleet/condition.h). */
export type Connectivity = 'never' | 'offline' | 'late' | 'online';
export type Condition = 'ok' | 'updating' | 'warning' | 'critical';

/** The device's clock does not agree with the hub's: how, by how much, and since when. */
export interface ClockFault { skew_ms: number; since: number; kind: 'ahead' | 'behind' | 'uptime' | 'seconds' }

export interface Device {
    device_id: string; type: string; name: string; location: string;
    claimed: boolean; online: boolean; active: boolean;
    registered_at_ms: number; last_seen_at_ms: number | null;
    health: Health | null; update: Update | null;
    connectivity: Connectivity; condition: Condition;
    clock?: ClockFault | null;
    [member: string]: unknown;
}
export interface Counts {
    total: number; unclaimed: number;
    connectivity: Record<Connectivity, number>; condition: Record<Condition, number>;
}
export interface DevicePage { devices: Device[]; next: string | null; counts: Counts }
export type Point = [at_ms: number, mean: number, min: number, max: number];
export interface Command {
    command_id: string; device_id: string; command: string; state: 'sent' | 'ok' | 'failed' | 'timeout';
    answer: unknown; created_at_ms: number; finished_at_ms: number | null;
}

/** Sends a request, renewing the session once when it has expired. Only a 401 ends the session. */
export async function request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    let used = session.value;
    let response = await send(method, path, used?.access_token, body, signal);
    if (response.status === 401 && used && (used = await refreshed(used)))
        response = await send(method, path, used.access_token, body, signal);
    if (response.status === 401) signOutOf(used);
    if (!response.ok) throw await failure(response);
    return response;
}

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await request(method, path, body);
    return response.status === 204 ? (undefined as T) : response.json();
}

export const devicePath = (id: string): string => `/api/v1/devices/${encodeURIComponent(id)}`;
