// SPDX-License-Identifier: Apache-2.0
// Where a series has holes, and how many readings are missing in them: a line is never drawn over a time
// in which nothing was measured.
import type { Point } from '../hub/api';

export type Gap = [from_ms: number, to_ms: number];
/** bucket_ms: the points are buckets of that width, placed at their beginnings. begin_ms: from when there
 *  should be readings. */
export interface Expected { bucket_ms?: number; begin_ms?: number }

const LEAST_MS = 30000;

const distances = (points: Point[]): number[] => points.slice(1).map((point, i) => point[0] - points[i][0]);

function usual(points: Point[]): number {
    const sorted = distances(points).sort((a, b) => a - b);
    return sorted[sorted.length >> 1];
}

/** The width of buckets that mostly hold several readings, so that an empty one is a hole; 0 when the
 *  points are of single readings. The hub may answer with wider ones than were asked for. */
function widthOf(points: Point[], bucket_ms: number): number {
    const several = points.filter(([, , min, max]) => min < max).length;
    return bucket_ms > 0 && several > points.length / 2 ? Math.max(bucket_ms, usual(points)) : 0;
}

/** The longest distance that is no hole: three times what usually lies between two readings, and half a
 *  minute at least. */
const limitOf = (points: Point[], width_ms: number): number => Math.max(width_ms > 0 ? 1.5 * width_ms : 3 * usual(points), LEAST_MS);

export function gapsOf(points: Point[], end_ms: number, { bucket_ms = 0, begin_ms }: Expected = {}): Gap[] {
    if (points.length < 3) return [];
    const width_ms = widthOf(points, bucket_ms);
    const limit_ms = limitOf(points, width_ms);
    const ends = [...points.slice(1).map(([at_ms]) => at_ms), end_ms];
    const gaps = points.flatMap(([at_ms], i): Gap[] => (ends[i] - at_ms > limit_ms ? [[at_ms + width_ms, ends[i]]] : []));
    return begin_ms !== undefined && points[0][0] - begin_ms > limit_ms ? [[begin_ms, points[0][0]], ...gaps] : gaps;
}

/** How far apart readings usually are; null when the points cannot tell, each being of several. */
export function intervalOf(points: Point[], bucket_ms = 0): number | null {
    if (points.length < 3 || widthOf(points, bucket_ms) > 0) return null;
    const limit_ms = limitOf(points, 0);
    const near = distances(points).filter((ms) => ms <= limit_ms);
    return near.length ? near.reduce((sum, ms) => sum + ms, 0) / near.length : null;
}

/** How many readings would have been in the hole. */
export const missing = ([from_ms, to_ms]: Gap, interval_ms: number): number => Math.max(1, Math.round((to_ms - from_ms) / interval_ms) - 1);
