// SPDX-License-Identifier: Apache-2.0
// The time of a chart cut into buckets whose borders do not move when it is read anew, and what comes
// live put into them, wherever its time lies.
import type { Point } from '../hub/api';

export interface Span { from_ms: number; to_ms: number; bucket_ms: number; points: number }

const BUCKETS = 400; // at most, about
const WIDTHS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200];

/** Buckets of a round width, the last of them the one that `end_ms` lies in. */
export function spanOf(hours: number, end_ms: number): Span {
    const least_s = (hours * 3600) / BUCKETS;
    const bucket_ms = (WIDTHS_S.find((width_s) => width_s >= least_s) ?? 86400) * 1000;
    const from_ms = Math.floor((end_ms - hours * 3600e3) / bucket_ms) * bucket_ms;
    const points = Math.floor((end_ms - from_ms) / bucket_ms) + 1;
    return { from_ms, to_ms: from_ms + points * bucket_ms, bucket_ms, points };
}

/** The points with a reading more, which may be older than the newest: it was held up on its way. The mean
 *  of a bucket is the hub's to say; its next answer does. */
export function withReading(points: Point[], span: Span, at_ms: number, value: number): Point[] {
    if (at_ms < span.from_ms) return points;
    const start_ms = span.from_ms + Math.floor((at_ms - span.from_ms) / span.bucket_ms) * span.bucket_ms;
    let i = points.length;
    while (i > 0 && points[i - 1][0] > start_ms) i--;
    const [at, mean, min, max] = points[i - 1] ?? [];
    if (at === start_ms) return [...points.slice(0, i - 1), [at, mean, Math.min(min, value), Math.max(max, value)], ...points.slice(i)];
    return [...points.slice(0, i), [start_ms, value, value, value], ...points.slice(i)];
}
