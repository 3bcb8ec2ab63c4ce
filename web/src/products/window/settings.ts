// SPDX-License-Identifier: Apache-2.0
// What people change of a window; docs/settings.md and devices/window/settings.c know the rest.
import type { Setting } from '../../shell/product';

export const settings: Setting[] = [
    { key: 'sample_interval_ms', label: 'Measures every', unit: 's', per: 1000, min: 0.5, max: 3600 },
    { key: 'audio_interval_ms', label: 'Listens every', unit: 's', per: 1000, min: 0, max: 3600 },
    { key: 'control_min_confidence', label: 'Least confidence to follow', min: 0, max: 1 },
    { key: 'safe_position', label: 'Safe position', unit: '%', min: 0, max: 100 },
    { key: 'hand_hold_ms', label: 'A hand holds for', unit: 'min', per: 60000, min: 0, max: 1440 },
    { key: 'motor_speed', label: 'Motor speed', unit: '%/s', min: 1, max: 100 },
    { key: 'auto_calibrate', label: 'Calibrates by itself' },
];
