// SPDX-License-Identifier: Apache-2.0
// What the hub knows of a window beside its climate (hub/api/openapi.json: Window, Decision).
import type { Device } from '../../hub/api';
import { part } from '../../shell/product';

export interface WindowState { position: number; target: number; moving: boolean; calibrated: boolean; fault: string | null }
export interface Decision {
    at_ms: number | null; position: number; confidence: number;
    temperature: number | null; humidity: number | null; sound: number | null;
    model_version?: string | null; trace_id?: string | null;
}

export const stateOf = (device: Device): WindowState | null => part<WindowState>(device, 'window');
export const decisionOf = (device: Device): Decision | null => part<Decision>(device, 'decision');
