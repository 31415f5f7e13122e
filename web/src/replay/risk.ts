/** From attenuations to minutes at risk: which bucket a sighting falls into, and how the minutes add up. */

import type { Judged, PersonDay, Preset, Sighting } from "./report.js";

/** A bucket of attenuation from `from` until before `to` dB, and what a minute in it weighs. */
export interface Bucket {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

/** All buckets from the nearest; the first begins at -Infinity, the last ends at Infinity. */
export function buckets(preset: Preset): Bucket[] {
  const ends = [...preset.below_db, Infinity];
  return ends.map((to, index) => ({
    from: ends[index - 1] ?? -Infinity,
    to,
    weight: preset.weights[index] ?? 0,
  }));
}

/** Sums up to and with each value. */
export function runningSums(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => (sum += value));
}

/** A hair less than a threshold still reaches it, as on the devices: sums of fractions are never exact. */
const ROUNDING = 1e-9;

/** Index of the sighting at which the threshold is reached; null where it never is. At 0 the first one does. */
export function reachedAt(sums: readonly number[], threshold: number): number | null {
  const index = sums.findIndex((sum) => sum >= threshold - ROUNDING);
  return index < 0 ? null : index;
}

/** The first and the last moment that a person's day shows, a scan's seconds before it included. */
export function spanOf(day: PersonDay): { readonly low: number; readonly high: number } | null {
  let low = Infinity;
  let high = -Infinity;
  for (const { from, to } of day.truth) {
    low = Math.min(low, from);
    high = Math.max(high, to);
  }
  for (const { time, seconds } of day.sightings) {
    low = Math.min(low, time - seconds);
    high = Math.max(high, time);
  }
  if (low > high) return null;
  return { low, high: Math.max(high, low + 60) };
}

export interface Weighed {
  readonly sighting: Sighting;
  /** Minutes at risk. */
  readonly minutes: number;
  /** The attenuation looked at in dB; null where the report does not say. */
  readonly lookedUp: number | null;
}

/** Sightings in order of time with what they count; reports should be sorted, a chart must not rely on it. */
export function inTime(day: PersonDay, preset: Preset, judged: Judged): Weighed[] {
  return day.sightings
    .map((sighting, index) => ({
      sighting,
      minutes: judged.minutes[index] ?? 0,
      lookedUp: judged.looked_up_db?.[index] ?? ofScan(sighting, preset),
    }))
    .sort((x, y) => x.sighting.time - y.sighting.time);
}

function ofScan(sighting: Sighting, preset: Preset): number | null {
  if (preset.of_scan === "adjusted") return null;
  return preset.of_scan === "minimum" ? sighting.min_db : sighting.typical_db;
}

/** The day to show first: whose sum ends nearest to the threshold, where it matters most; 0 where nothing was heard. */
export function mostTelling(days: readonly PersonDay[], preset: string): number {
  let best = 0;
  let nearest = Infinity;
  days.forEach((day, index) => {
    const judged = day.sightings.length > 0 ? day.by_preset.find((one) => one.preset === preset) : undefined;
    const distance = judged === undefined ? Infinity : Math.abs(judged.score - judged.high_minutes);
    if (distance < nearest) [best, nearest] = [index, distance];
  });
  return best;
}
