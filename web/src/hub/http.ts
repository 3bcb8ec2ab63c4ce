// SPDX-License-Identifier: Apache-2.0
// One request to the hub, and what went wrong with it in words.

/** Why a call failed, in words for the operator. Status 0: nobody answered. */
export class ApiError extends Error {
    constructor(readonly status: number, message: string) {
        super(message);
    }
}

export async function send(method: string, path: string, token?: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = {};
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    try {
        // Relative to the page: the hub may be served below a path of its proxy.
        return await fetch(`.${path}`, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
    } catch (error) {
        if (signal?.aborted) throw error;
        throw new ApiError(0, 'The hub cannot be reached.');
    }
}

export async function failure(response: Response): Promise<ApiError> {
    const body = await response.json().catch(() => null);
    return new ApiError(response.status, body?.error?.message ?? `The hub answered ${response.status}.`);
}
