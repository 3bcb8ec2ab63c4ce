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

/** Whether most buckets hold several readings: then an empty one is a hole. */
function dense(points: Point[], bucket_ms: number): boolean {
    return bucket_ms > 0 && points.filter(([, , min, max]) => min < max).length > points.length / 2;
}

/** The longest distance that is no hole: three times what usually lies between two readings, and half a
 *  minute at least. */
function most(points: Point[], bucket_ms: number): number {
    if (dense(points, bucket_ms)) return Math.max(1.5 * bucket_ms, LEAST_MS);
    const between = distances(points).sort((a, b) => a - b);
    return Math.max(3 * between[between.length >> 1], LEAST_MS);
}

export function gapsOf(points: Point[], end_ms: number, { bucket_ms = 0, begin_ms }: Expected = {}): Gap[] {
    if (points.length < 3) return [];
    const limit = most(points, bucket_ms);
    const width = dense(points, bucket_ms) ? bucket_ms : 0;
    const ends = [...points.map(([at_ms]) => at_ms), end_ms];
    const gaps = points.flatMap(([at_ms], i): Gap[] => (ends[i + 1] - at_ms > limit ? [[at_ms + width, ends[i + 1]]] : []));
    return begin_ms !== undefined && points[0][0] - begin_ms > limit ? [[begin_ms, points[0][0]], ...gaps] : gaps;
}

/** How far apart readings usually are; null when the points cannot tell, each being of several. */
export function intervalOf(points: Point[], bucket_ms = 0): number | null {
    if (points.length < 3 || dense(points, bucket_ms)) return null;
    const limit = most(points, bucket_ms);
    const near = distances(points).filter((ms) => ms <= limit);
    return near.length ? near.reduce((sum, ms) => sum + ms, 0) / near.length : null;
}

/** How many readings would have been in the hole. */
export const missing = ([from_ms, to_ms]: Gap, interval_ms: number): number => Math.max(1, Math.round((to_ms - from_ms) / interval_ms) - 1);
