/** Who met whom: a square of minutes within two metres, shaded by how long. */

import { h } from "../shared/dom.js";
import type { Day } from "./day.js";
import type { Person } from "./report.js";

/** Least minutes of shades 1 to 4. */
const LEVELS: readonly number[] = [Number.MIN_VALUE, 5, 15, 60];

/** Shade 0 to 4 of so many seconds together. */
export function level(seconds: number): number {
  return LEVELS.filter((least) => seconds / 60 >= least).length;
}

export function matrix(day: Day): HTMLElement {
  const { words, people } = day;
  const readout = h("p", { class: "hint readout" }, "\u00a0");
  const table = h(
    "table",
    { class: "matrix" },
    h("caption", { class: "visually-hidden" }, words.matrixHint),
    h("thead", {}, h("tr", {}, h("td", {}), ...people.map((person) => heading(day, person, "col")))),
    h("tbody", {}, ...people.map((row) => h("tr", {}, heading(day, row, "row"), ...people.map((column) => cell(day, row, column))))),
  );
  table.addEventListener("pointerover", (event) => {
    const over = event.target instanceof Element ? event.target.closest("td") : null;
    readout.textContent = over?.title || "\u00a0";
  });
  return h(
    "section",
    { class: "card", "aria-labelledby": "matrix-title" },
    h("h2", { id: "matrix-title" }, words.matrix),
    h("p", { class: "hint" }, words.matrixHint),
    h(
      "div",
      { class: "legend-group" },
      ...words.matrixLevels.map((label, index) =>
        h("span", { class: "legend-item" }, h("span", { class: `cell-key shade-${index}` }), label),
      ),
    ),
    h("div", { class: "table-scroll", tabindex: "0", role: "group", "aria-labelledby": "matrix-title" }, table),
    readout,
  );
}

function heading(day: Day, person: Person, scope: "row" | "col"): HTMLElement {
  const isF0 = day.report.outcome.f0.includes(person.id);
  return h("th", { scope, class: isF0 ? "f0" : undefined }, h("span", {}, person.name));
}

function cell(day: Day, row: Person, column: Person): HTMLElement {
  if (row.id === column.id) return h("td", { class: "self" });
  const seconds = day.meetings.get(row.id)?.get(column.id)?.nearSeconds ?? 0;
  const minutes = day.format.minutes(seconds);
  return h(
    "td",
    { class: `shade-${level(seconds)}`, title: day.words.pair(row.name, column.name, minutes) },
    h("span", { class: "visually-hidden" }, minutes),
  );
}
