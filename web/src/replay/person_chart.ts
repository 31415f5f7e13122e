/** A person's day drawn: how near they were, what was measured, and how it added up; one time axis for all. */

import { h, s } from "../shared/dom.js";
import { type Interval, merge } from "../shared/intervals.js";
import { nearnessAt } from "../shared/nearness.js";
import { follow, stretched } from "./plot.js";
import { plainNumber, type Replay } from "./replay.js";
import type { Judged, PersonDay, Preset, TruthRow } from "./report.js";
import { buckets, inTime, reachedAt, runningSums, spanOf } from "./risk.js";
import { along, nearest, type Scale, ticks, timeTicks } from "./scale.js";
import type { Truth } from "./words.js";

const TRUTH_HEIGHT = 36;
const MEASURED_HEIGHT = 260;
const MINUTES_HEIGHT = 130;
/** dB shown beyond what was measured and the outermost limits. */
const MARGIN_DB = 5;
/** Opacity of the band that weighs most. */
const DARKEST = 0.3;
/** Lower bands have no room for their weight. */
const LEAST_LABEL_PIXELS = 11;
/** Shorter bars would vanish on a phone. */
const LEAST_PERCENT = 0.4;

/** Where a bar begins, as a share of the strip's height: the nearer, the taller. */
export const TOPS: Readonly<Record<Truth, number>> = { near: 0, middle: 0.4, far: 0.7, unknown: 0.2 };
/** From the nearest. */
export const TRUTHS: readonly Truth[] = ["near", "middle", "far", "unknown"];

export interface DayCharts {
  readonly elements: readonly HTMLElement[];
  /** Puts the cursor on a sighting, counted in order of time. */
  readonly point: (index: number) => void;
}

export function dayCharts(
  replay: Replay,
  day: PersonDay,
  preset: Preset,
  judged: Judged | null,
  onChoose: (index: number) => void,
): DayCharts {
  const { words } = replay;
  const time = spanOf(day);
  if (time === null) return { elements: [], point: () => undefined };
  const x = (at: number): string => `${(100 * along(time, at)).toFixed(3)}%`;
  const order = [...day.sightings].sort((one, other) => one.time - other.time);
  const times = order.map((sighting) => sighting.time);
  const cursors: SVGElement[] = [];
  const chart = (name: string, title: string, hint: string, height: number, ...children: (SVGElement | null)[]): HTMLElement => {
    const cursor = s("line", { class: "cursor", y1: 0, y2: height, visibility: "hidden" });
    cursors.push(cursor);
    const svg = s(
      "svg",
      { class: `plot ${name}`, width: "100%", height, role: "img", "aria-label": words.chart(title) },
      ...children,
      cursor,
    );
    follow(svg, (share) => {
      const index = nearest(times, time.low + share * (time.high - time.low));
      if (index >= 0) onChoose(index);
    });
    return h(
      "figure",
      { class: "plot-figure" },
      h("figcaption", {}, h("strong", {}, title), h("span", { class: "hint" }, hint)),
      h("div", { class: "plot-room person-room" }, svg),
    );
  };
  const person = words.person;
  const hours = timeAxis(replay, time, x);
  const count = replay.format.number(day.sightings.length);
  const source = words.sources[replay.report.source.kind];
  const elements = [chart("truth", source.truth, source.truthHint, TRUTH_HEIGHT, hours(TRUTH_HEIGHT), truth(replay, day, time))];
  if (day.sightings.length > 0) {
    elements.push(
      chart("measured", person.measured, person.measuredHint(count), MEASURED_HEIGHT, hours(MEASURED_HEIGHT), measured(replay, day, preset, judged, time)),
    );
    if (judged !== null) {
      elements.push(
        chart("minutes", person.minutes, person.minutesHint, MINUTES_HEIGHT, hours(MINUTES_HEIGHT), minutes(replay, day, preset, judged, time)),
      );
    }
  }
  return {
    elements,
    point: (index) => {
      const at = times[index];
      for (const cursor of cursors) {
        cursor.setAttribute("visibility", at === undefined ? "hidden" : "visible");
        for (const end of ["x1", "x2"]) cursor.setAttribute(end, x(at ?? time.low));
      }
    },
  };
}

export function truthOf({ metres }: TruthRow): Truth {
  return metres === null ? "unknown" : nearnessAt(metres);
}

function timeAxis({ format }: Replay, time: Scale, x: (at: number) => string): (height: number) => SVGElement {
  const localSecond = (at: number): number => {
    const [hour, minute] = format.time(at).split(":").map(Number);
    return (hour ?? 0) * 3600 + (minute ?? 0) * 60 + (at % 60);
  };
  const marks = timeTicks(time, localSecond);
  return (height) =>
    s(
      "g",
      { class: "axes" },
      ...marks.flatMap((at) => [
        s("line", { class: "rule", x1: x(at), x2: x(at), y1: 0, y2: height + 5 }),
        s("text", { x: x(at), y: height + 19, "text-anchor": "middle" }, format.time(at)),
      ]),
    );
}

/** Joined per nearness: a record of twenty-second steps would else be thousands of bars. */
function truth({ words, format, report }: Replay, day: PersonDay, time: Scale): SVGElement {
  const { nearness } = words.sources[report.source.kind];
  // What is drawn last is on top.
  const bars = [...TRUTHS].reverse().flatMap((one) => {
    const rows: Interval[] = merge(day.truth.filter((row) => truthOf(row) === one));
    const top = TOPS[one] * TRUTH_HEIGHT;
    return rows.map(({ from, to }) =>
      s(
        "rect",
        {
          x: `${(100 * along(time, from)).toFixed(3)}%`,
          width: `${Math.max(100 * (along(time, to) - along(time, from)), LEAST_PERCENT).toFixed(3)}%`,
          y: top,
          height: TRUTH_HEIGHT - top,
          class: `together ${one}`,
        },
        s("title", {}, `${format.span(from, to)} · ${nearness[one]}`),
      ),
    );
  });
  return s("g", {}, ...bars);
}

function measured(replay: Replay, day: PersonDay, preset: Preset, judged: Judged | null, time: Scale): SVGElement {
  const { words, format } = replay;
  const limits = preset.below_db;
  const first = limits[0] ?? Infinity;
  const last = limits[limits.length - 1] ?? -Infinity;
  const adjusted = preset.of_scan === "adjusted" ? (judged?.looked_up_db ?? []) : [];
  const lowest = Math.min(extreme(day.sightings.map((one) => one.min_db), Math.min), extreme(adjusted, Math.min));
  const highest = Math.max(extreme(day.sightings.map((one) => one.typical_db), Math.max), extreme(adjusted, Math.max));
  const db: Scale = { low: Math.min(lowest, first) - MARGIN_DB, high: Math.max(highest, last) + MARGIN_DB };
  const y = (value: number): number => MEASURED_HEIGHT * Math.min(1, Math.max(0, along(db, value)));
  const heaviest = Math.max(...preset.weights, Number.MIN_VALUE);
  const bands = buckets(preset).map(({ from, to, weight }) => {
    const top = y(from);
    const height = y(to) - top;
    return s(
      "g",
      { class: "bucket", "data-weight": weight },
      s("rect", { x: 0, width: "100%", y: top, height, class: "weight", "fill-opacity": ((DARKEST * weight) / heaviest).toFixed(3) }),
      to < Infinity && s("line", { class: "limit", x1: 0, x2: "100%", y1: y(to), y2: y(to) }),
      to < Infinity && s("text", { x: -6, y: y(to) + 4, "text-anchor": "end", class: "limit-label" }, plainNumber(replay, to)),
      height >= LEAST_LABEL_PIXELS &&
        s("text", { x: "100%", dx: 6, y: top + height / 2 + 4, class: "weight-label" },
          words.person.weight(plainNumber(replay, weight))),
    );
  });
  // One path for all dots of a kind: a day can have thousands.
  const place = (at: number, value: number): string => `${(100 * along(time, at)).toFixed(3)},${y(value).toFixed(1)}`;
  const dots = (counted: boolean): string =>
    day.sightings
      .filter((_, index) => ((judged?.minutes[index] ?? 0) > 0) === counted)
      .map((one) => `M${place(one.time, one.typical_db)}h0`)
      .join("");
  const path = (className: string, d: string): SVGElement => s("path", { class: className, d, "vector-effect": "non-scaling-stroke" });
  const whiskers = day.sightings.map((one) => `M${place(one.time, one.typical_db)}V${y(one.min_db).toFixed(1)}`).join("");
  const rings = adjusted.map((value, index) => `M${place(day.sightings[index]?.time ?? time.low, value)}h0`).join("");
  const least = day.sightings.map((one) => `M${place(one.time, one.min_db)}h0`).join("");
  return s(
    "g",
    { "data-looks-at": preset.of_scan },
    ...bands,
    ...unlabelled(db, limits).map((value) => s("text", { x: -6, y: y(value) + 4, "text-anchor": "end" }, format.number(value))),
    s("text", { x: -6, y: -8, "text-anchor": "end" }, "dB"),
    stretched(
      MEASURED_HEIGHT,
      path("whiskers", whiskers),
      path("least", least),
      path("dots uncounted", dots(false)),
      path("dots counted", dots(true)),
      ...(rings ? [path("ring", rings), path("ring-inside", rings)] : []),
    ),
  );
}

/** Of a list too long for an argument list; of none, what leaves any other value as it is. */
function extreme(values: readonly number[], of: (one: number, other: number) => number): number {
  return values.reduce((one, other) => of(one, other), of === Math.min ? Infinity : -Infinity);
}

/** Round values of the axis that no limit's own label is too near to. */
function unlabelled(db: Scale, limits: readonly number[]): number[] {
  const apart = ((db.high - db.low) * 13) / MEASURED_HEIGHT;
  return ticks(db).filter((value) => limits.every((limit) => Math.abs(limit - value) >= apart));
}

function minutes(replay: Replay, day: PersonDay, preset: Preset, judged: Judged, time: Scale): SVGElement {
  const { words, format } = replay;
  const order = inTime(day, preset, judged);
  const sums = runningSums(order.map((one) => one.minutes));
  const total = sums[sums.length - 1] ?? 0;
  const threshold = judged.high_minutes;
  const scale: Scale = { low: 0, high: Math.max(threshold * 1.3, total * 1.15, 1) };
  const y = (value: number): number => MINUTES_HEIGHT * (1 - along(scale, value));
  const across = (at: number): string => (100 * along(time, at)).toFixed(3);
  let line = `M0,${y(0).toFixed(1)}`;
  order.forEach(({ sighting }, index) => {
    line += `H${across(sighting.time)}V${y(sums[index] ?? 0).toFixed(1)}`;
  });
  const reached = reachedAt(sums, threshold);
  const moment = reached === null ? undefined : order[reached]?.sighting.time;
  const label = labelPlace(moment === undefined ? null : along(time, moment), MINUTES_HEIGHT - y(threshold));
  return s(
    "g",
    {},
    ...ticks(scale, 4).flatMap((value) => [
      s("line", { class: "rule", x1: 0, x2: "100%", y1: y(value), y2: y(value) }),
      s("text", { x: -6, y: y(value) + 4, "text-anchor": "end" }, format.number(value, Number.isInteger(value) ? 0 : 1)),
    ]),
    threshold > 0 && s("line", { class: "threshold", x1: 0, x2: "100%", y1: y(threshold), y2: y(threshold) }),
    stretched(
      MINUTES_HEIGHT,
      s("path", { class: "sum-area", d: `${line}H100V${y(0)}Z` }),
      s("path", { class: "sum", d: `${line}H100`, "vector-effect": "non-scaling-stroke", "data-total": total }),
    ),
    threshold > 0 &&
      s(
        "text",
        {
          class: "threshold-label",
          x: label.left ? 0 : "100%",
          dx: label.left ? 0 : BESIDE_PIXELS,
          y: y(threshold) + (label.under ? 14 : -5),
          "text-anchor": label.left ? "start" : "end",
        },
        words.person.threshold(plainNumber(replay, threshold)),
      ),
    moment !== undefined && s("circle", { class: "reached", cx: `${across(moment)}%`, cy: y(sums[reached ?? 0] ?? 0), r: 5 }),
  );
}

/** Less is no room for a label under the threshold's line. */
const LABEL_PIXELS = 18;
/** How far the label reaches into the margin: on a phone it is over half as wide as the chart. */
const BESIDE_PIXELS = 40;

/**
 * Where the threshold's label keeps clear of the steps, which stay under the threshold until they reach it, at a
 * share of the width, and over it from then on. With no room `below` it the steps have left the picture's lower part
 * by the right edge.
 */
export function labelPlace(reached: number | null, below: number): { readonly left: boolean; readonly under: boolean } {
  if (reached === null) return { left: false, under: false };
  if (reached > 0.6) return { left: true, under: false };
  return { left: false, under: below >= LABEL_PIXELS };
}
