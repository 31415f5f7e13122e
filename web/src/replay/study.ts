/** Figures over a rising quantity, by preset: charts, a level to choose, its numbers, and all numbers. */

import { type Child, h, s } from "../shared/dom.js";
import { type Choice, legend, marker, lookClass } from "./choice.js";
import { type Line, type Plot, plot } from "./plot.js";
import { type Replay, spreadInWords, type Unit } from "./replay.js";
import type { Spread } from "./report.js";
import type { Scale } from "./scale.js";
import { isUncertain, levels, presetsOf, runs } from "./sweep.js";

interface StudyRow {
  readonly preset: string;
}

export interface Figure<Row> {
  readonly name: string;
  readonly title: string;
  readonly hint: string;
  readonly value: (row: Row) => Spread | null;
  readonly unit: Unit;
  /** null: only in the tables. */
  readonly chart: { readonly y: Scale; readonly yLabel: (value: number) => string } | null;
  readonly expected: ((preset: string) => ((x: number) => number) | null) | null;
}

export interface Study<Row> {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly notes: readonly string[];
  readonly rows: readonly Row[];
  /** From how many draws a row's spreads are at most. */
  readonly draws: (row: Row) => number;
  readonly x: (row: Row) => number;
  readonly scale: Scale;
  /** Least distance between two labels of the x-axis. */
  readonly xStep: number;
  readonly xAxis: string;
  readonly xInWords: (value: number) => string;
  readonly start: number;
  readonly mark: { readonly x: number; readonly label: string } | null;
  readonly figures: readonly Figure<Row>[];
}

export function study<Row extends StudyRow>(replay: Replay, choice: Choice, of: Study<Row>): HTMLElement {
  const { words } = replay;
  const presets = presetsOf(of.rows, replay.report.presets.map(({ name }) => name));
  const known = levels(of.rows.map(of.x));
  let chosen = Math.max(0, known.indexOf(of.start));
  const level = (): number => known[chosen] ?? of.scale.low;

  const slider = h("input", {
    type: "range",
    id: `${of.id}-level`,
    min: 0,
    max: known.length - 1,
    step: 1,
    value: chosen,
    disabled: known.length < 2,
  });
  const output = h("output", { for: slider.id });
  const readout = h("div", {
    class: "table-scroll readout-table",
    tabindex: "0",
    role: "group",
    "aria-label": `${of.title}, ${words.meanAndSpread}`,
  });

  const charts: { readonly figure: Figure<Row>; readonly plot: Plot }[] = [];
  for (const figure of of.figures) {
    if (figure.chart === null) continue;
    const options = {
      title: figure.title,
      hint: figure.hint,
      description: words.chart(`${figure.title}, ${of.xAxis}`),
      x: of.scale,
      xStep: of.xStep,
      y: figure.chart.y,
      xLabel: of.xInWords,
      yLabel: figure.chart.yLabel,
      xAxis: of.xAxis,
      levels: known,
      mark: of.mark,
      onChoose: (index: number) => choose(index),
    };
    charts.push({ figure, plot: plot(options) });
  }

  const choose = (index: number): void => {
    if (index === chosen || known[index] === undefined) return;
    chosen = index;
    slider.value = String(index);
    show();
  };
  const show = (): void => {
    for (const { plot: one } of charts) one.point(level());
    output.textContent = of.xInWords(level());
    const shown = presets.filter(choice.isShown);
    const here = of.rows.filter((row) => of.x(row) === level() && choice.isShown(row.preset));
    slider.setAttribute("aria-valuetext", spoken(replay, of, level(), here));
    readout.replaceChildren(
      shown.length > 0 ? levelTable(replay, of, shown, here) : h("p", { class: "hint" }, words.noPreset),
    );
  };
  const draw = (): void => {
    const shown = presets.filter(choice.isShown);
    for (const { figure, plot: one } of charts) {
      // What is expected is drawn once: five dotted lines beside five others tell nobody anything.
      one.draw(shown.map((preset, index) => lineOf(replay, of, figure, preset, index === 0)));
    }
    show();
  };
  slider.addEventListener("input", () => choose(Number(slider.value)));
  choice.onChange(draw);
  draw();

  return h(
    "section",
    { class: "card study", id: of.id, "aria-labelledby": `${of.id}-title` },
    h("h2", { id: `${of.id}-title` }, of.title),
    h("p", {}, of.hint),
    legend(replay, presets, choice),
    h("div", { class: "plots" }, ...charts.map(({ plot: one }) => one.element)),
    h("ul", { class: "notes hint" }, ...of.notes.map((note) => h("li", {}, note)), hollowNote(replay, of)),
    h(
      "div",
      { class: "level" },
      h("label", { for: slider.id }, words.slider(of.xAxis), " ", output),
      slider,
      h("p", { class: "hint" }, words.sliderHint),
    ),
    readout,
    everything(replay, of),
  );
}

/** What a hollow mark says; null where no chart has one. */
function hollowNote<Row extends StudyRow>(replay: Replay, of: Study<Row>): HTMLElement | null {
  const row = of.rows.find((one) =>
    of.figures.some((figure) => {
      const spread = figure.chart && figure.value(one);
      return spread !== null && isUncertain(spread, of.draws(one));
    }),
  );
  if (row === undefined) return null;
  const sign = s(
    "svg",
    { class: "swatch", width: 12, height: 12, "aria-hidden": "true" },
    s("g", { transform: "translate(6 6)" }, marker(replay.presetLook(row.preset), true)),
  );
  return h("li", { class: "hollow-note" }, sign, " ", replay.words.hollow);
}

function lineOf<Row extends StudyRow>(
  replay: Replay,
  of: Study<Row>,
  figure: Figure<Row>,
  preset: string,
  withExpected: boolean,
): Line {
  const own = of.rows.filter((row) => row.preset === preset);
  return {
    preset,
    look: replay.presetLook(preset),
    runs: runs(own, of.x, figure.value, of.draws),
    expected: withExpected ? (figure.expected?.(preset) ?? null) : null,
  };
}

/** The numbers of one level, one row per preset. */
function levelTable<Row extends StudyRow>(
  replay: Replay,
  of: Study<Row>,
  presets: readonly string[],
  here: readonly Row[],
): HTMLElement {
  const { words } = replay;
  const row = (preset: string): HTMLElement => {
    const found = here.find((one) => one.preset === preset);
    const look = replay.presetLook(preset);
    const sign = s(
      "svg",
      { class: "swatch", width: 12, height: 12, "aria-hidden": "true" },
      s("g", { transform: "translate(6 6)" }, marker(look)),
    );
    return h(
      "tr",
      { "data-preset": preset, class: lookClass(look) },
      h("th", { scope: "row" }, sign, replay.presetName(preset)),
      ...of.figures.map((figure) => h("td", { class: "number" }, ...cell(replay, of, figure, found))),
    );
  };
  return h(
    "table",
    { class: "small" },
    h("caption", { class: "visually-hidden" }, `${of.title}, ${words.meanAndSpread}`),
    head(replay, of, []),
    h("tbody", {}, ...presets.map(row)),
  );
}

function head<Row>(replay: Replay, of: Study<Row>, before: readonly string[]): HTMLElement {
  return h(
    "thead",
    {},
    h(
      "tr",
      {},
      h("th", { scope: "col" }, replay.words.preset),
      ...before.map((text) => h("th", { scope: "col", class: "number" }, text)),
      ...of.figures.map(({ title }) => h("th", { scope: "col", class: "number" }, title)),
    ),
  );
}

function cell<Row>(replay: Replay, of: Study<Row>, figure: Figure<Row>, row: Row | undefined): Child[] {
  if (row === undefined) return [replay.words.unknown];
  const { mean, range, rests } = spreadInWords(replay, figure.value(row), figure.unit, of.draws(row));
  const [low, high] = range.split("–");
  return [
    mean,
    // On a phone a range may take two lines.
    high !== undefined && h("span", { class: "range" }, `${low}–`, h("wbr", {}), high),
    rests && h("span", { class: "range" }, `(${rests})`),
  ];
}

/** All numbers at once: what the charts show, without seeing them. */
function everything<Row extends StudyRow>(replay: Replay, of: Study<Row>): HTMLElement {
  const { words, format } = replay;
  const title = `${of.title}: ${words.meanAndSpread}`;
  const row = (one: Row): HTMLElement =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, replay.presetName(one.preset)),
      h("td", { class: "number" }, of.xInWords(of.x(one))),
      h("td", { class: "number" }, format.number(of.draws(one))),
      ...of.figures.map((figure) => h("td", { class: "number" }, ...cell(replay, of, figure, one))),
    );
  return h(
    "details",
    { class: "numbers" },
    h("summary", {}, words.allNumbers),
    h(
      "div",
      { class: "table-scroll tall", tabindex: "0", role: "group", "aria-label": title },
      h(
        "table",
        { class: "small" },
        h("caption", { class: "visually-hidden" }, title),
        head(replay, of, [of.xAxis, words.draws]),
        h("tbody", {}, ...of.rows.map(row)),
      ),
    ),
  );
}

/** A level and its numbers for those who hear the slider. */
function spoken<Row extends StudyRow>(replay: Replay, of: Study<Row>, level: number, here: readonly Row[]): string {
  const rows = here.map((row) => {
    const numbers = of.figures.map((figure) => {
      const { mean, rests } = spreadInWords(replay, figure.value(row), figure.unit, of.draws(row));
      return `${figure.title} ${mean}${rests && ` (${rests})`}`;
    });
    return `${replay.presetName(row.preset)}: ${numbers.join(", ")}`;
  });
  return [of.xInWords(level), ...rows].join(". ");
}
