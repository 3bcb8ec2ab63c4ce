// SPDX-License-Identifier: Apache-2.0
// OCPP's words in plain ones.
import { now } from '../../hub/clock';
import { duration, number, sentence } from '../../shell/format';
import type { Transaction } from './api';

/** "EVCommunicationError" as "EV communication error". */
export function spaced(word: string): string {
    const text = word.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z])([A-Z][a-z])/g, '$1 $2');
    return sentence(text.replace(/ [A-Z](?=[a-z])/g, (letter) => letter.toLowerCase()));
}

export const REASONS: Record<string, string> = {
    EmergencyStop: 'Emergency stop was pressed', EVDisconnected: 'The vehicle was unplugged', HardReset: 'The charger was reset at once',
    Local: 'Stopped at the charger', Other: 'Another reason', PowerLoss: 'The charger lost power', Reboot: 'The charger restarted',
    Remote: 'Stopped from here', SoftReset: 'The charger was reset', UnlockCommand: 'The connector was unlocked', DeAuthorized: 'The tag may not charge any more',
};
export const reasonOf = (reason: string | null): string => (reason ? REASONS[reason] ?? spaced(reason) : '–');

/** What each flag means, and what to do about it. */
export const FLAGS: Record<string, [short: string, meaning: string]> = {
    meter_back: ['meter ran back', 'The meter stood lower at the stop than at the start. Read the meter before anything is billed.'],
    meter_negative: ['meter below zero', 'A meter reading is below zero. Read the meter before anything is billed.'],
    stop_early: ['stopped before it started', 'The stop has an earlier time than the start. The charger\'s clock was set in between.'],
    time_doubtful: ['time in doubt', 'A time cannot be right: the charger\'s clock was wrong. The times of arrival are the hub\'s own.'],
    time_no_zone: ['time without zone', 'A time came without a zone and is taken as UTC.'],
    tag_refused: ['tag refused', 'The tag may not charge, and it charged all the same. Decide whether it is billed.'],
    stop_tag_refused: ['stop tag refused', 'It was stopped with a tag that may not charge.'],
    booted_within: ['restarted within', 'The charger restarted while it ran. Energy and time are as its meter and clock say.'],
    stopped_before: ['stopped twice', 'The stop came more than once and said different things. The first one counts.'],
    joined: ['joined later', 'The stop came before the start; the hub put them together.'],
};
export const flagOf = (flag: string): [short: string, meaning: string] => FLAGS[flag] ?? [flag.replaceAll('_', ' '), ''];

export const TAG_STATUS: Record<string, string> = {
    Accepted: 'Accepted', Blocked: 'Refused: blocked', Expired: 'Refused: expired', Invalid: 'Refused: not known', ConcurrentTx: 'Refused: it charges elsewhere',
};

export const STATES: Record<Transaction['state'], string> = { open: 'Running', closed: 'Finished', left: 'Left open', unmatched: 'Stop without start' };

/** 1,234 Wh as "1.23 kWh". */
export const energy = (wh: number | null | undefined): string => (wh !== null && wh !== undefined && Math.abs(wh) < 1000 ? number(wh, 0, 'Wh') : number(wh === null || wh === undefined ? null : wh / 1000, 2, 'kWh'));
export const power = (w: number | null | undefined): string => number(w === null || w === undefined ? null : w / 1000, 1, 'kW');

/** How long it took, or runs so far. */
export function lengthOf(tx: Transaction): string {
    if (tx.started_at_ms === null) return '–';
    const end = tx.state === 'open' ? now.value : tx.stopped_at_ms;
    return end === null || end < tx.started_at_ms ? '–' : duration(end - tx.started_at_ms);
}

/** Security events and progress, in words. */
export const NOTES: Record<string, string> = {
    SecurityEventNotification: 'Security event', FirmwareStatusNotification: 'Firmware update', SignedFirmwareStatusNotification: 'Firmware update',
    DiagnosticsStatusNotification: 'Diagnostics upload', LogStatusNotification: 'Log upload', DataTransfer: 'Data of the vendor', SignCertificate: 'Request for a certificate',
};

export const LENIENT: Record<string, string> = {
    extra_field: 'Fields that OCPP does not have', unknown_word: 'Words that OCPP does not have', long_text: 'Texts that are too long',
    number_as_text: 'Numbers where a text belongs', null: 'Empty values (null)', object_as_text: 'Objects where a text belongs',
};

/** All that either side may say first. */
export const ACTIONS = ['Authorize', 'BootNotification', 'CancelReservation', 'CertificateSigned', 'ChangeAvailability', 'ChangeConfiguration', 'ClearCache',
    'ClearChargingProfile', 'DataTransfer', 'DeleteCertificate', 'DiagnosticsStatusNotification', 'ExtendedTriggerMessage', 'FirmwareStatusNotification',
    'GetCompositeSchedule', 'GetConfiguration', 'GetDiagnostics', 'GetInstalledCertificateIds', 'GetLocalListVersion', 'GetLog', 'Heartbeat',
    'InstallCertificate', 'LogStatusNotification', 'MeterValues', 'RemoteStartTransaction', 'RemoteStopTransaction', 'ReserveNow', 'Reset',
    'SecurityEventNotification', 'SendLocalList', 'SetChargingProfile', 'SignCertificate', 'SignedFirmwareStatusNotification', 'SignedUpdateFirmware',
    'StartTransaction', 'StatusNotification', 'StopTransaction', 'TriggerMessage', 'UnlockConnector', 'UpdateFirmware'];
