// SPDX-License-Identifier: Apache-2.0
// A schedule drawn: what may be taken from when on, in steps; each step stands in words below.
import { duration as lasts, since } from '../../shell/format';
import { lengthS, limitText, type Schedule } from './plan';

const HIGH = 80;
const WIDE = 400;

/** "06:00", "Tue 06:00" or "after 30 min", as the schedule begins at a moment or with a session. */
function when(s: number, start_ms: number | null, again?: 'Daily' | 'Weekly'): string {
    if (start_ms === null) return s === 0 ? 'from the start' : `after ${lasts(s * 1000)}`;
    const at = new Date(start_ms + s * 1000);
    const clock = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    return again === 'Daily' ? clock : again === 'Weekly' ? `${at.toLocaleDateString([], { weekday: 'short' })} ${clock}` : since(at.getTime());
}

export function ScheduleDrawn({ schedule, start_ms, again, now_ms }: { schedule: Schedule; start_ms: number | null; again?: 'Daily' | 'Weekly'; now_ms?: number }) {
    const steps = schedule.chargingSchedulePeriod;
    const length_s = lengthS(schedule, again);
    const top = Math.max(1, ...steps.map((step) => step.limit)) * 1.1;
    const x = (s: number) => ((Math.min(s, length_s) / length_s) * WIDE).toFixed(1);
    const y = (limit: number) => (HIGH - (limit / top) * HIGH).toFixed(1);
    const line = steps.map((step, i) => `${i ? 'H' : 'M'}${x(step.startPeriod)}${i ? `V${y(step.limit)}` : ` ${y(step.limit)}`}`).join('') + `H${WIDE}`;
    const into_s = now_ms !== undefined && start_ms !== null ? (now_ms - start_ms) / 1000 : -1;
    const now_s = again ? into_s % length_s : into_s;
    const said = steps.map((step) => `${limitText(step.limit, schedule.chargingRateUnit)} ${start_ms === null ? '' : 'from '}${when(step.startPeriod, start_ms, again)}`);
    return (
        <figure class="schedule">
            <svg viewBox={`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" role="img" aria-label={said.join('; ')}>
                <path class="area" d={`${line}V${HIGH}H${x(steps[0]?.startPeriod ?? 0)}z`} />
                <path class="line" d={line} />
                {now_s >= 0 && now_s < length_s && <path class="now" d={`M${x(now_s)} 0V${HIGH}`} />}
            </svg>
            <figcaption>{said.map((text, i) => <span key={i}>{text}</span>)}{schedule.duration !== undefined && !again && <span>ends {start_ms === null ? `after ${lasts(schedule.duration * 1000)}` : since(start_ms + schedule.duration * 1000)}</span>}</figcaption>
        </figure>
    );
}
