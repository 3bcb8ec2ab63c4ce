// SPDX-License-Identifier: Apache-2.0
// Uploads and updates as chargers tell of them, as steps of a way.
import type { Note } from './api';

export interface Way { actions: string[]; steps: string[]; at: Record<string, number>; failed: Record<string, [step: number, what: string]> }

export const FIRMWARE: Way = {
    actions: ['FirmwareStatusNotification', 'SignedFirmwareStatusNotification'],
    steps: ['Download', 'Signature', 'Installation', 'Done'],
    at: { DownloadScheduled: 0, Downloading: 0, DownloadPaused: 0, Downloaded: 1, SignatureVerified: 2, InstallScheduled: 2, Installing: 2, InstallRebooting: 2, Installed: 4 },
    failed: {
        DownloadFailed: [0, 'It cannot be loaded. Look whether the charger reaches the address.'],
        InvalidSignature: [1, 'Its signature is not the maker\'s. Nothing was installed.'],
        InstallationFailed: [2, 'It was not installed; the charger keeps what it had.'],
        InstallVerificationFailed: [2, 'What was installed is not what was sent. Update it again.'],
    },
};

export const UPLOAD: Way = {
    actions: ['LogStatusNotification', 'DiagnosticsStatusNotification'],
    steps: ['Upload', 'Done'],
    at: { Uploading: 0, Uploaded: 2 },
    failed: {
        UploadFailed: [0, 'It did not arrive. Look whether the charger reaches the address.'],
        UploadFailure: [0, 'It did not arrive. Look whether the charger reaches the address.'],
        BadMessage: [0, 'The charger does not understand the address.'],
        PermissionDenied: [0, 'The address lets nobody in with this name and password.'],
        NotSupportedOperation: [0, 'The charger cannot send to such an address. Try http or ftp.'],
    },
};

export interface Progress { note: Note; step: number; failed: string; over: boolean }

/** The newest that was told of it; null when nothing was, or that nothing goes on. */
export function progressOf(way: Way, notes: Note[]): Progress | null {
    const note = notes.find((one) => way.actions.includes(one.action));
    if (!note || note.what === 'Idle') return null;
    const failed = way.failed[note.what];
    const step = failed ? failed[0] : way.at[note.what] ?? 0;
    return { note, step, failed: failed?.[1] ?? '', over: failed !== undefined || step >= way.steps.length };
}
