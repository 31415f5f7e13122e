/** The two studies of a replay: over the share of people with the app, and over the delay to publish. */

import { h } from "../shared/dom.js";
import type { Choice } from "./choice.js";
import { type Replay, shareInWords } from "./replay.js";
import type { DelayRow, Spread, SweepRow } from "./report.js";
import { type Figure, study } from "./study.js";
import {
  DISTRICT_ADOPTION,
  DISTRICT_INSTALLED,
  DISTRICT_SMARTPHONES,
  drawsAt,
  expected,
  fullSensitivity,
} from "./sweep.js";

const WHOLE = { low: 0, high: 1 };

export function adoptionStudy(replay: Replay, choice: Choice): HTMLElement {
  const { report, words, format } = replay;
  if (report.sweep.length === 0) return without("adoption", words.adoption, words.noSweep);
  const district = format.percent(DISTRICT_ADOPTION);
  const curve = (preset: string): ((x: number) => number) | null => {
    const full = fullSensitivity(report.sweep, preset);
    return full === null ? null : (adoption) => expected(full, adoption);
  };
  const known = report.sweep.some((row) => curve(row.preset) !== null);
  const draws = (row: SweepRow): number => row.seeds * row.draws;
  return study<SweepRow>(replay, choice, {
    id: "adoption",
    title: words.adoption,
    hint: words.adoptionHint,
    notes: [
      known ? words.expectedHint : words.noExpected,
      bandNote(replay, report.sweep.map((row) => [row.seeds, row.draws])),
      words.districtHint(district, format.number(DISTRICT_INSTALLED), format.number(DISTRICT_SMARTPHONES)),
    ],
    rows: report.sweep,
    draws,
    x: (row) => row.adoption,
    scale: WHOLE,
    xStep: 0,
    xAxis: words.adoptionAxis,
    xInWords: (share) => shareInWords(replay, share),
    start: report.options.adoption,
    mark: { x: DISTRICT_ADOPTION, label: words.district(district) },
    figures: [
      { ...share(replay, "sensitivity", (row) => row.sensitivity), expected: curve },
      {
        name: "expected",
        title: words.expected,
        hint: "",
        value: (row) => certain(curve(row.preset)?.(row.adoption) ?? null, draws(row)),
        unit: "percent",
        chart: null,
        expected: null,
      },
      share(replay, "precision", (row) => row.precision),
    ],
  });
}

export function delayStudy(replay: Replay, choice: Choice): HTMLElement | null {
  const { report, words, format } = replay;
  if (report.delays.length === 0) return null;
  const slowest = Math.max(1, ...report.delays.map((row) => row.days_to_warning?.high ?? 0));
  const latest = Math.max(1, ...report.delays.map((row) => row.delay_days));
  // At the share of people with the app that the options name, as a row of the sweep is.
  const perSeed = drawsAt(report.sweep, report.options.adoption);
  return study<DelayRow>(replay, choice, {
    id: "delay",
    title: words.delays,
    hint: words.delaysHint,
    notes: [bandNote(replay, report.delays.map((row) => [row.seeds, perSeed]))],
    rows: report.delays,
    draws: (row) => row.seeds * perSeed,
    x: (row) => row.delay_days,
    scale: { low: 0, high: latest },
    xStep: 1,
    xAxis: words.delayAxis,
    xInWords: (days) => format.number(days),
    start: report.options.delay_days,
    mark: null,
    figures: [
      share(replay, "sensitivity", (row) => row.sensitivity),
      {
        name: "days",
        title: words.figures.days,
        hint: words.figureHints.days,
        value: (row) => row.days_to_warning,
        unit: "number",
        chart: { y: { low: 0, high: Math.ceil(slowest) }, yLabel: (days) => format.number(days, days % 1 === 0 ? 0 : 1) },
        expected: null,
      },
      { ...share(replay, "precision", (row) => row.precision), chart: null },
    ],
  });
}

function share<Row>(
  { words, format }: Replay,
  name: "sensitivity" | "precision",
  value: (row: Row) => Spread | null,
): Figure<Row> {
  return {
    name,
    title: words.figures[name],
    hint: words.figureHints[name],
    value,
    unit: "percent",
    chart: { y: WHOLE, yLabel: (one) => format.percent(one, 0) },
    expected: null,
  };
}

function certain(value: number | null, draws: number): Spread | null {
  return value === null ? null : { mean: value, low: value, high: value, of: draws };
}

/** Over what the bands are, by the rows' seeds and draws of who has the app for each. */
function bandNote({ words, format }: Replay, rows: readonly (readonly [seeds: number, draws: number])[]): string {
  const seeds = Math.max(...rows.map(([of]) => of));
  const draws = Math.max(...rows.map(([, each]) => each));
  if (seeds * draws === 1) return words.oneSeed;
  const all = format.number(seeds);
  if (draws === 1) return words.bandOfSeeds(all);
  const band = words.band(format.number(seeds * draws), all, format.number(draws));
  return rows.some(([, each]) => each < draws) ? `${band} ${words.nothingToDraw(all)}` : band;
}

function without(id: string, title: string, text: string): HTMLElement {
  return h(
    "section",
    { class: "card study", id, "aria-labelledby": `${id}-title` },
    h("h2", { id: `${id}-title` }, title),
    h("p", {}, text),
  );
}
