/** What happened, in one sentence, in six numbers, and person by person. */

import { type Child, h } from "../shared/dom.js";
import type { Day } from "./day.js";
import type { Person } from "./report.js";
import { verdictBadge } from "./timeline.js";
import { riskSeconds } from "./verdict.js";

export function headline(day: Day): HTMLElement {
  const { report, words, format } = day;
  const { outcome } = report;
  const count = (ids: readonly unknown[]): string => format.number(ids.length);
  const f0 = outcome.f0.map(day.nameOf).join(", ");
  const right = outcome.near.length - outcome.missed.length;
  return h(
    "header",
    { class: "headline" },
    h(
      "p",
      { class: "kicker" },
      [report.title, format.date(report.start), sourceLine(day)].join(" · "),
    ),
    h("h1", {}, words.headline(format.number(outcome.people), f0, outcome.f0.length, count(outcome.near))),
    h(
      "p",
      { class: "lead" },
      words.verdictLine(
        count(outcome.warned),
        outcome.missed.length,
        count(outcome.missed),
        outcome.false.length,
        count(outcome.false),
      ),
      outcome.near.length > 0 && " ",
      outcome.near.length > 0 &&
        words.found(format.number(right), count(outcome.near), format.percent(right / outcome.near.length)),
    ),
    tiles(day),
    h(
      "p",
      { class: "hint" },
      words.run(format.number(outcome.receptions), format.number(outcome.seconds, 1), outcome.preset),
    ),
  );
}

/** A contact list's title already starts with its name. */
function sourceLine(day: Day): string {
  const { source, title } = day.report;
  const kind = day.words.source[source.kind];
  return title.includes(source.name) ? kind : `${kind} (${source.name})`;
}

function tiles(day: Day): HTMLElement {
  const { words, format } = day;
  const { outcome } = day.report;
  const tile = (name: keyof typeof words.tiles, value: number, hint: Child = null): HTMLElement =>
    h(
      "div",
      { class: `tile ${name}${value === 0 ? " zero" : ""}` },
      h("dt", {}, words.tiles[name]),
      h("dd", { "data-count": name }, format.number(value)),
      hint && h("dd", { class: "tile-hint" }, hint),
    );
  return h(
    "dl",
    { class: "tiles" },
    tile("people", outcome.people),
    tile("f0", outcome.f0.length),
    tile("near", outcome.near.length, words.tileHints.near),
    tile("warned", outcome.warned.length),
    tile("missed", outcome.missed.length, words.tileHints.missed),
    tile("false", outcome.false.length, words.tileHints.false),
  );
}

/** Everything that the timeline shows by colour, as a table. */
export function results(day: Day): HTMLElement {
  const { words } = day;
  const columns = words.resultColumns;
  return h(
    "section",
    { class: "card", "aria-labelledby": "results-title" },
    h("h2", { id: "results-title" }, words.results),
    h(
      "div",
      { class: "table-scroll", tabindex: "0", role: "group", "aria-labelledby": "results-title" },
      h(
        "table",
        { class: "results" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, columns.person),
            h("th", { scope: "col" }, columns.role),
            h("th", { scope: "col", class: "number" }, columns.nearMinutes),
            h("th", { scope: "col" }, columns.near),
            h("th", { scope: "col" }, columns.warned),
            h("th", { scope: "col", class: "number" }, columns.risk),
            h("th", { scope: "col" }, columns.verdict),
          ),
        ),
        h("tbody", {}, ...day.people.map((person) => resultRow(day, person))),
      ),
    ),
  );
}

function resultRow(day: Day, person: Person): HTMLElement {
  const { words, format, report } = day;
  const verdict = day.verdictOf(person);
  const isF0 = verdict === "f0";
  const yesNo = (yes: boolean): string => (isF0 ? "–" : yes ? words.yes : words.no);
  const own = report.sightings.filter((sighting) => sighting.by === person.id);
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, person.name),
    h("td", {}, person.role || "–"),
    h("td", { class: "number" }, isF0 ? "–" : format.minutes(person.near_seconds)),
    h("td", {}, yesNo(person.near)),
    h("td", {}, yesNo(person.warned)),
    h("td", { class: "number" }, own.length > 0 ? format.number(riskSeconds(own) / 60, 1) : "–"),
    h("td", {}, verdictBadge(day, verdict) ?? words.verdicts[verdict]),
  );
}

export function events(day: Day): HTMLElement {
  return h(
    "section",
    { class: "card", "aria-labelledby": "events-title" },
    h("h2", { id: "events-title" }, day.words.events),
    h(
      "ol",
      { class: "events", lang: "vi" },
      ...day.report.events.map((event) =>
        h(
          "li",
          {},
          h("time", { datetime: new Date(event.time * 1000).toISOString() }, day.format.dateTime(event.time)),
          h("span", {}, event.text),
        ),
      ),
    ),
  );
}
