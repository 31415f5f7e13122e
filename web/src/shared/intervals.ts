/** Arithmetic on half-open intervals of seconds. */

export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** Sorted, without overlaps; what touches, or is at most `gap` seconds apart, becomes one. Empty ones vanish. */
export function merge(intervals: Iterable<Interval>, gap = 0): Interval[] {
  const sorted = [...intervals].filter(({ from, to }) => to > from).sort((x, y) => x.from - y.from);
  const merged: { from: number; to: number }[] = [];
  for (const { from, to } of sorted) {
    const last = merged[merged.length - 1];
    if (last && from <= last.to + gap) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

/** Seconds covered by merged intervals. */
export function total(merged: Iterable<Interval>): number {
  let seconds = 0;
  for (const { from, to } of merged) seconds += to - from;
  return seconds;
}

/** What of `interval` lies within `bounds`, or null. */
export function clip(interval: Interval, bounds: Interval): Interval | null {
  const from = Math.max(interval.from, bounds.from);
  const to = Math.min(interval.to, bounds.to);
  return to > from ? { from, to } : null;
}
