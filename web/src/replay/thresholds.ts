/** What other thresholds would give: a table of sensitivity and one of precision, shaded by height. */

import { h } from "../shared/dom.js";
import { plainNumber, type Replay, spreadInWords } from "./replay.js";
import type { Preset, Spread, ThresholdRow } from "./report.js";
import { levels, presetsOf } from "./sweep.js";

type Share = "sensitivity" | "precision";

/** Shade 0 to 4 of a share: a fifth each. */
export function shadeOf(share: number): number {
  return Math.min(4, Math.floor(share * 5 + 1e-9));
}

export function thresholds(replay: Replay): HTMLElement | null {
  const { report, words } = replay;
  const presets = presetsOf(report.thresholds, report.presets.map(({ name }) => name));
  const first = presets.includes(report.options.preset) ? report.options.preset : presets[0];
  if (first === undefined) return null;
  const tables = h("div", { class: "plots" });
  const show = (name: string): void => {
    const rows = report.thresholds.filter((row) => row.preset === name);
    const preset = replay.preset(name);
    tables.replaceChildren(heat(replay, preset, rows, "sensitivity"), heat(replay, preset, rows, "precision"));
  };
  const select = h(
    "select",
    { id: "threshold-preset" },
    ...presets.map((name) => h("option", { value: name, selected: name === first }, replay.presetName(name))),
  );
  const few = report.thresholds
    .flatMap(({ sensitivity, precision, seeds }) => [sensitivity, precision].map((spread) => restsOn(replay, spread, seeds)))
    .find((text) => text !== "");
  select.addEventListener("change", () => show(select.value));
  show(first);
  return h(
    "section",
    { class: "card", id: "thresholds", "aria-labelledby": "thresholds-title" },
    h("h2", { id: "thresholds-title" }, words.thresholds),
    h("p", {}, words.thresholdsHint),
    presets.length > 1
      ? h("div", { class: "field" }, h("label", { for: select.id }, words.preset), select)
      : h("p", { class: "hint" }, replay.presetName(first)),
    tables,
    h("p", { class: "hint" }, words.asShipped, few ? ` ${words.fewDraws(few)}` : ""),
  );
}

/** "2/5" where a share rests on fewer draws than there are, else "": a cell has no room for words. */
function restsOn({ format }: Replay, spread: Spread | null, draws: number): string {
  return spread !== null && spread.of < draws ? `${format.number(spread.of)}/${format.number(draws)}` : "";
}

function heat(replay: Replay, preset: Preset, rows: readonly ThresholdRow[], name: Share): HTMLElement {
  const { words } = replay;
  const minutes = levels(rows.map((row) => row.minutes));
  const shifts = levels(rows.map((row) => row.shift_db));
  const signed = (shift: number): string => `${shift > 0 ? "+" : shift < 0 ? "−" : ""}${plainNumber(replay, Math.abs(shift))}`;
  const cell = (shift: number, threshold: number): HTMLElement => {
    const row = rows.find((one) => one.shift_db === shift && one.minutes === threshold);
    const value = row?.[name] ?? null;
    const shipped = shift === 0 && threshold === preset.high_minutes;
    const draws = row?.seeds ?? 0;
    const { mean, range } = spreadInWords(replay, value, "percent", draws, 0);
    const few = restsOn(replay, value, draws);
    const shade = value === null ? "unknown" : `heat-${shadeOf(value.mean)}`;
    return h(
      "td",
      { class: `heat ${shade}${shipped ? " shipped" : ""}`, title: range || undefined },
      mean,
      few && h("span", { class: "few" }, few),
    );
  };
  const title = words.figures[name];
  return h(
    "figure",
    { class: "plot-figure" },
    h("figcaption", {}, h("strong", {}, title), h("span", { class: "hint" }, words.figureHints[name])),
    h(
      "div",
      { class: "table-scroll", tabindex: "0", role: "group", "aria-label": title },
      h(
        "table",
        { class: "small heat-table" },
        h("caption", { class: "visually-hidden" }, `${title}, ${replay.presetName(preset.name)}`),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, words.shift),
            ...minutes.map((one) => h("th", { scope: "col" }, words.minutesColumn(plainNumber(replay, one)))),
          ),
        ),
        h(
          "tbody",
          {},
          ...shifts.map((shift) =>
            h("tr", {}, h("th", { scope: "row" }, words.shiftRow(signed(shift))), ...minutes.map((one) => cell(shift, one))),
          ),
        ),
      ),
    ),
  );
}
