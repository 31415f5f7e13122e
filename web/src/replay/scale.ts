/** From values to places on a chart and back, and where its axes are labelled. */

export interface Scale {
  readonly low: number;
  readonly high: number;
}

/** Share of the way from `low` to `high`, 0 to 1 inside. */
export function along(scale: Scale, value: number): number {
  return scale.high > scale.low ? (value - scale.low) / (scale.high - scale.low) : 0;
}

/** Steps of 1, 2 or 5 times a power of ten, at least `least` wide, at most `most` + 1 of them, within the scale. */
export function ticks(scale: Scale, most = 5, least = 0): number[] {
  const span = scale.high - scale.low;
  if (!(span > 0)) return [scale.low];
  const power = 10 ** Math.floor(Math.log10(span / most));
  const steps = [1, 2, 5, 10].map((factor) => factor * power);
  const step = Math.max(least, steps.find((one) => span / one <= most + 1e-9) ?? 10 * power);
  const list: number[] = [];
  for (let index = Math.ceil(scale.low / step - 1e-9); index * step <= scale.high + step * 1e-9; index += 1) {
    // Of the index, not a running sum: 0.1 added three times is not 0.3.
    list.push(Number((index * step).toPrecision(12)));
  }
  return list;
}

const TIME_STEPS: readonly number[] = [300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200, 86_400];

/** Unix times on whole steps of the local clock, at most `most` + 1; `localSecond` is the second of the local day. */
export function timeTicks(scale: Scale, localSecond: (time: number) => number, most = 5): number[] {
  const span = scale.high - scale.low;
  const step = TIME_STEPS.find((one) => span / one <= most) ?? Math.ceil(span / most / 86_400) * 86_400;
  const list: number[] = [];
  for (let time = scale.low + ((step - (localSecond(scale.low) % step)) % step); time <= scale.high; time += step) {
    list.push(time);
  }
  return list;
}

/** Index of the value nearest to `wanted` in a rising list; the lower of two that are equally near, -1 in none. */
export function nearest(values: readonly number[], wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  const before = values[low - 1];
  const after = values[low];
  if (before === undefined || after === undefined) return before === undefined ? (after === undefined ? -1 : 0) : low - 1;
  return wanted - before <= after - wanted ? low - 1 : low;
}
