// SPDX-License-Identifier: Apache-2.0
// Clocks that do not agree: a device's with the hub's, and the hub's with all that it knows.
import type { ClockFault, Device } from '../hub/api';
import { doubt } from '../hub/readiness';
import { duration, exactly, since } from './format';
import { Icon } from './Icon';

/** "2 h 5 min ahead" */
export function clockWords({ skew_ms, kind }: ClockFault): string {
    if (kind === 'uptime') return 'counts from its start';
    if (kind === 'seconds') return 'in seconds instead of milliseconds';
    const skew = Math.abs(skew_ms);
    return `${duration(skew < 60000 ? skew : Math.round(skew / 60000) * 60000)} ${kind}`;
}

const REMEDY: Record<ClockFault['kind'], string> = {
    ahead: 'Its readings are kept. Set its clock, or let it ask a time server.',
    behind: 'Its readings are kept. Set its clock, or let it ask a time server.',
    uptime: 'Its readings are kept with the time they arrive at. Let it ask a time server before it measures.',
    seconds: 'Its readings are kept with the time they arrive at. Its firmware has to send milliseconds since 1970.',
};

export function ClockBanner({ device: { clock } }: { device: Device }) {
    if (!clock) return null;
    return (
        <div class="banner warn" role="alert" data-testid="clock">
            <Icon name="warning" />
            <p>
                <strong>Its clock {clock.kind !== 'uptime' && 'is '}{clockWords(clock)}{clock.since > 0 && <>, since <time dateTime={new Date(clock.since).toISOString()} title={exactly(clock.since)}>{since(clock.since)}</time></>}.</strong>
                {' '}{REMEDY[clock.kind]}
            </p>
        </div>
    );
}

/** The hub is not sure of the time itself. */
export function ClockDoubt() {
    return (
        <div role="alert">
            {doubt.value && (
                <div class="hub-doubt">
                    <Icon name="warning" />
                    <p><strong>The hub doubts its own clock:</strong> {doubt.value.replace(/\.$/, '')}. What it stores is marked until that is settled; times on these pages may be wrong.</p>
                </div>
            )}
        </div>
    );
}
