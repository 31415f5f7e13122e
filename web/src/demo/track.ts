/** One strip of the day: time runs from left to right, in percent of the width, so that any width fits. */

import { s } from "../shared/dom.js";
import { clip, type Interval, merge } from "../shared/intervals.js";
import { type Nearness, NEARNESSES } from "../shared/nearness.js";
import type { Day } from "./day.js";
import type { Meeting } from "./meetings.js";

/** Shorter marks would vanish on a phone. */
const LEAST_PERCENT = 0.3;
/** A gap that no screen shows: one 86,400th of a day times this. */
const INVISIBLE_GAP_SECONDS = 90;

const TOP: Readonly<Record<Nearness, number>> = { near: 0, middle: 0.45, far: 0.75 };

export interface Tick {
  readonly percent: number;
  readonly label: string;
  /** Every sixth hour; on narrow screens only these are labelled. */
  readonly major: boolean;
}

/** A tick at every third local hour. */
export function ticks(day: Day): Tick[] {
  const { start, end } = day.report;
  const list: Tick[] = [];
  for (let time = Math.ceil(start / 3600) * 3600; time <= end; time += 3600) {
    const label = day.format.time(time);
    const hour = Number(label.slice(0, 2));
    if (hour % 3 === 0) {
      const last = time === end && hour === 0;
      list.push({ percent: percentOf(day, time), label: last ? "24:00" : label, major: hour % 6 === 0 });
    }
  }
  return list;
}

export function percentOf(day: Day, time: number): number {
  const { start, end } = day.report;
  return ((time - start) / (end - start)) * 100;
}

export function grid(day: Day): SVGGElement {
  return s(
    "g",
    { class: "grid" },
    ...ticks(day).map(({ percent, major }) =>
      s("line", { x1: `${percent}%`, x2: `${percent}%`, y1: 0, y2: "100%", class: major ? "major" : undefined }),
    ),
  );
}

/** A bar over an interval, with a tooltip; null when it lies outside the day. */
export function bar(
  day: Day,
  interval: Interval,
  place: { readonly y: number; readonly height: number; readonly className: string; readonly tip: string },
): SVGRectElement | null {
  const shown = clip(interval, { from: day.report.start, to: day.report.end });
  if (shown === null) return null;
  const width = Math.max(percentOf(day, shown.to) - percentOf(day, shown.from), LEAST_PERCENT);
  return s(
    "rect",
    {
      x: `${percentOf(day, shown.from).toFixed(3)}%`,
      width: `${width.toFixed(3)}%`,
      y: place.y,
      height: place.height,
      class: place.className,
    },
    s("title", {}, `${day.format.span(shown.from, shown.to)} · ${place.tip}`),
  );
}

/** Marks of being together, taller and stronger the nearer; `height` is that of the nearest. */
export function togetherMarks(day: Day, meetings: readonly Meeting[], height: number, tip: string): SVGGElement {
  const marks: (SVGRectElement | null)[] = [];
  for (const nearness of [...NEARNESSES].reverse()) {
    const spans = merge(
      meetings.flatMap((meeting) => meeting.spans[nearness]),
      INVISIBLE_GAP_SECONDS,
    );
    const y = TOP[nearness] * height;
    const label = `${tip} · ${day.words.nearness[nearness]}`;
    for (const span of spans) {
      marks.push(bar(day, span, { y, height: height - y, className: `together ${nearness}`, tip: label }));
    }
  }
  return s("g", {}, ...marks);
}
