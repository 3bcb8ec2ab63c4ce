// SPDX-License-Identifier: Apache-2.0
import type { Health } from '../api';
import { duration } from '../format';

const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`;

export function HealthPanel({ health }: { health: Health | null }) {
    if (!health) return <section class="card"><h2>Health</h2><p class="empty">The device has not reported yet.</p></section>;
    return (
        <section class="card">
            <h2>Health</h2>
            {health.fault && (
                <p class="failure" role="alert">
                    <strong>{health.fault_number} {health.fault_text ?? health.fault}</strong> {health.fault_action}
                </p>
            )}
            <dl class="facts">
                <dt>Firmware</dt><dd>{health.firmware}</dd>
                <dt>Up for</dt><dd>{duration(health.uptime_ms)}</dd>
                <dt>Last reset</dt><dd>{health.reset_reason}</dd>
                <dt>Boots</dt><dd>{health.boots} ({health.crashes} crashes, {health.brown_outs} brown-outs)</dd>
                <dt>Memory free</dt><dd>{kib(health.heap_free_bytes)}, lowest {kib(health.heap_low_bytes)}</dd>
                <dt>Wi-Fi</dt><dd>{health.rssi_dbm ? `${health.rssi_dbm} dBm` : 'wired'}</dd>
                <dt>Reconnects</dt><dd>{health.reconnects}</dd>
                <dt>Waiting to be sent</dt><dd>{health.journal_waiting} readings</dd>
                <dt>Given up</dt><dd>{health.journal_dropped} readings, {health.audio_dropped} sound buffers, {health.event_dropped} events</dd>
            </dl>
        </section>
    );
}
