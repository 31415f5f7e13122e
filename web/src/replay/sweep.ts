/** Rows of a sweep as one line per preset, and what p² says they should be. */

import type { Spread, SweepRow } from "./report.js";

/** The district's share of smartphones with the app in March 2021, by its letter. */
export const DISTRICT_INSTALLED = 157_542;
export const DISTRICT_SMARTPHONES = 402_706;
export const DISTRICT_ADOPTION = DISTRICT_INSTALLED / DISTRICT_SMARTPHONES;

export interface Point {
  readonly x: number;
  readonly spread: Spread;
  readonly uncertain: boolean;
}

/** Whether a spread rests on under a quarter of the draws: in the others there was nothing to be a share of. */
export function isUncertain(spread: Spread, draws: number): boolean {
  return spread.of * 4 < draws;
}

/** Draws of who has the app in each seed, at a share of people with it; 1 where the sweep does not say. */
export function drawsAt(rows: readonly SweepRow[], adoption: number): number {
  return rows.find((row) => row.adoption === adoption)?.draws ?? 1;
}

/** Every value once, rising. */
export function levels(values: Iterable<number>): number[] {
  return [...new Set(values)].sort((x, y) => x - y);
}

/** The presets of the rows in the order of `known`. */
export function presetsOf(rows: readonly { readonly preset: string }[], known: readonly string[]): string[] {
  const used = new Set(rows.map(({ preset }) => preset));
  return known.filter((name) => used.has(name));
}

/**
 * Runs of neighbouring points, rising; a null (nobody to be warned, nobody warned) ends a run,
 * so that no line is drawn through what is not known.
 */
export function runs<Row>(
  rows: readonly Row[],
  x: (row: Row) => number,
  value: (row: Row) => Spread | null,
  draws: (row: Row) => number,
): readonly (readonly Point[])[] {
  const found: Point[][] = [];
  let open: Point[] | null = null;
  for (const row of [...rows].sort((one, other) => x(one) - x(other))) {
    const spread = value(row);
    if (spread === null) {
      open = null;
      continue;
    }
    if (open === null) found.push((open = []));
    open.push({ x: x(row), spread, uncertain: isUncertain(spread, draws(row)) });
  }
  return found;
}

/** Whether the draws differ anywhere; a band of no width is not worth drawing. */
export function hasSpread(points: readonly Point[]): boolean {
  return points.some(({ spread }) => spread.high > spread.low);
}

/** Mean sensitivity where everybody has the app; null where the sweep does not go that far. */
export function fullSensitivity(rows: readonly SweepRow[], preset: string): number | null {
  return rows.find((row) => row.preset === preset && row.adoption === 1)?.sensitivity?.mean ?? null;
}

/** A warning needs the app on both sides: at share p, p² of what full adoption gives. */
export function expected(full: number, adoption: number): number {
  return full * adoption * adoption;
}

/** "84 of 100" in whole people, never "0" or "100" where that is not so. */
export function outOfHundred(share: number): { readonly count: number; readonly bound: "exact" | "below" | "above" } {
  const count = Math.round(share * 100);
  if (count === 0 && share > 0) return { count: 1, bound: "below" };
  if (count === 100 && share < 1) return { count: 99, bound: "above" };
  return { count, bound: "exact" };
}
