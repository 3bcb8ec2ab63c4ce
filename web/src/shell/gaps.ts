// SPDX-License-Identifier: Apache-2.0
// Where a series has holes: a line is never drawn over a time in which nothing was measured.
import type { Point } from '../hub/api';

export type Gap = [from_ms: number, to_ms: number];

/** A hole is three times as long as what usually lies between two points, and half a minute at least. */
export function gapsOf(points: Point[], end_ms: number): Gap[] {
    if (points.length < 3) return [];
    const between = points.slice(1).map((point, i) => point[0] - points[i][0]);
    const usual = [...between].sort((a, b) => a - b)[between.length >> 1];
    const most = Math.max(3 * usual, 30000);
    const gaps = points.slice(1).flatMap((point, i): Gap[] => (between[i] > most ? [[points[i][0], point[0]]] : []));
    const last = points[points.length - 1][0];
    return end_ms - last > most ? [...gaps, [last, end_ms]] : gaps;
}
