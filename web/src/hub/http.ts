// SPDX-License-Identifier: Apache-2.0
// One request to the hub, and what went wrong with it in words.
import { heardDate } from './clock';

/** Why a call failed, in words for the operator. Status 0: nobody answered. A hub that is busy says after
 *  how long to ask again. `code` is its stable word for it. */
export class ApiError extends Error {
    constructor(readonly status: number, message: string, readonly retry_ms = 0, readonly code = '') {
        super(message);
    }
}

export async function send(method: string, path: string, token?: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = {};
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const sent_ms = Date.now();
    try {
        // Relative to the page: the hub may be served below a path of its proxy.
        const response = await fetch(`.${path}`, { method, headers, signal, cache: 'no-store', body: body === undefined ? undefined : JSON.stringify(body) });
        heardDate(response.headers.get('Date'), sent_ms, Date.now());
        return response;
    } catch (error) {
        if (signal?.aborted) throw error;
        throw new ApiError(0, 'The hub cannot be reached.');
    }
}

export async function failure(response: Response): Promise<ApiError> {
    const body = await response.json().catch(() => null);
    const retry_ms = Number(response.headers.get('Retry-After') ?? 0) * 1000 || 0;
    return new ApiError(response.status, body?.error?.message ?? `The hub answered ${response.status}.`, retry_ms, body?.error?.code);
}
