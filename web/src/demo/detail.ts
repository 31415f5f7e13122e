/** The chosen person: the warning they saw, what their device measured, whom they met. */

import { h, s } from "../shared/dom.js";
import { dayInWords } from "../shared/format.js";
import type { Day } from "./day.js";
import { metBy, type Meeting } from "./meetings.js";
import type { Alert, Person, Sighting } from "./report.js";
import { verdictBadge } from "./timeline.js";
import { grid, percentOf, togetherMarks } from "./track.js";
import { riskSeconds } from "./verdict.js";

const STRIP_HEIGHT = 16;
const CHART_HEIGHT = 96;

export function detail(day: Day, person: Person): HTMLElement {
  const { words, format, report } = day;
  const verdict = day.verdictOf(person);
  const own = report.sightings.filter((sighting) => sighting.by === person.id).sort((x, y) => x.time - y.time);
  return h(
    "div",
    {},
    h("h2", { class: "detail-title", tabindex: "-1" }, person.name, " ", verdictBadge(day, verdict)),
    person.role && h("p", { class: "hint" }, person.role),
    h("p", {}, words.verdictSentences[verdict](person.name, format.minutes(person.near_seconds))),
    ...report.alerts.filter((alert) => alert.person === person.id).map((alert) => phoneAlert(day, person, alert)),
    h("h3", {}, words.met),
    met(day, metBy(day.meetings, person.id)),
    h("h3", {}, words.sightings),
    ...(own.length > 0 ? measurements(day, own) : [h("p", { class: "hint" }, verdict === "f0" ? words.noSightingsOfF0 : words.noSightings)]),
  );
}

function phoneAlert(day: Day, person: Person, alert: Alert): HTMLElement {
  const { words, format } = day;
  const facts: readonly (readonly [string, string])[] = [
    [words.alertFacts.day, dayInWords(alert.day)],
    [words.alertFacts.minutes, words.minutesUnit(format.number(alert.minutes))],
    [words.alertFacts.score, words.minutesUnit(format.number(alert.score, 1))],
    [words.alertFacts.closest, `${format.number(alert.closest_db, 1)}\u00a0dB`],
    [words.alertFacts.certainty, words.certainties[alert.certainty] ?? alert.certainty],
  ];
  const [firstLine, ...rest] = alert.text.split("\n");
  return h(
    "figure",
    { class: "phone-alert" },
    h("figcaption", {}, words.alert(person.name)),
    h("p", { lang: "vi" }, firstLine),
    h("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    rest.length > 0 &&
      h("details", {}, h("summary", {}, words.alertInFull), h("p", { lang: "vi" }, rest.join("\n").trim())),
  );
}

function measurements(day: Day, own: readonly Sighting[]): Element[] {
  const { words, format } = day;
  const sources = [...new Set(own.map((sighting) => sighting.of))];
  const severalF0s = sources.length > 1;
  const columns = words.sightingColumns;
  const title = words.sightingsOf(format.number(own.length), sources.map(day.nameOf).join(", "));
  const minutes = (seconds: number): string => format.number(seconds / 60, 1);
  const row = (sighting: Sighting): HTMLElement =>
    h(
      "tr",
      { class: sighting.weight > 0 ? undefined : "uncounted" },
      h("td", {}, format.time(sighting.time)),
      severalF0s && h("td", {}, day.nameOf(sighting.of)),
      h("td", { class: "number" }, format.number(sighting.attenuation_db, 1)),
      h("td", { class: "number" }, format.number(sighting.seconds)),
      h("td", { class: "number" }, format.number(sighting.weight, 2)),
      h("td", { class: "number" }, minutes(sighting.seconds * sighting.weight)),
    );
  const table = h(
    "table",
    { class: "small" },
    h("caption", { class: "visually-hidden" }, title),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, columns.time),
        severalF0s && h("th", { scope: "col" }, columns.of),
        h("th", { scope: "col", class: "number" }, columns.attenuation),
        h("th", { scope: "col", class: "number" }, columns.seconds),
        h("th", { scope: "col", class: "number" }, columns.weight),
        h("th", { scope: "col", class: "number" }, columns.counts),
      ),
    ),
    h("tbody", {}, ...own.map(row)),
    h(
      "tfoot",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "row", colspan: severalF0s ? 5 : 4 }, words.sightingsTotal),
        h("td", { class: "number" }, minutes(riskSeconds(own))),
      ),
    ),
  );
  return [
    h("p", { class: "hint" }, `${title}. ${words.sightingsHint}`),
    chart(day, own),
    h("div", { class: "table-scroll tall", tabindex: "0", role: "group", "aria-label": title }, table),
  ];
}

/** Attenuation over the hours of the sightings: nearer is higher, what counts more is darker. */
function chart(day: Day, own: readonly Sighting[]): SVGSVGElement {
  const times = own.map((sighting) => sighting.time);
  const values = own.map((sighting) => sighting.attenuation_db);
  const first = Math.min(...times);
  const last = Math.max(...times);
  const low = Math.floor((Math.min(...values) - 2) / 5) * 5;
  const high = Math.ceil((Math.max(...values) + 2) / 5) * 5;
  const span = Math.max(last - first, 600);
  const x = (time: number): string => `${(12 + (84 * (time - first)) / span).toFixed(2)}%`;
  const y = (value: number): number => 8 + ((CHART_HEIGHT - 32) * (value - low)) / (high - low);
  const most = Math.max(...own.map((sighting) => sighting.weight), Number.MIN_VALUE);
  const level = (sighting: Sighting): string =>
    sighting.weight === 0 ? "none" : sighting.weight >= most * 0.75 ? "full" : "part";
  return s(
    "svg",
    { class: "chart", width: "100%", height: CHART_HEIGHT, "aria-hidden": "true" },
    ...[low, high].flatMap((value) => [
      s("line", { x1: "12%", x2: "100%", y1: y(value), y2: y(value), class: "rule" }),
      s("text", { x: 0, y: y(value) + 4 }, `${day.format.number(value)} dB`),
    ]),
    ...own.map((sighting) =>
      s("circle", { cx: x(sighting.time), cy: y(sighting.attenuation_db), r: 3.5, class: `dot ${level(sighting)}` },
        s("title", {}, `${day.format.time(sighting.time)} · ${day.format.number(sighting.attenuation_db, 1)} dB`)),
    ),
    s("text", { x: "12%", y: CHART_HEIGHT - 6 }, day.format.time(first)),
    s("text", { x: "100%", y: CHART_HEIGHT - 6, "text-anchor": "end" }, day.format.time(last)),
  );
}

function met(day: Day, meetings: readonly Meeting[]): HTMLElement {
  const { words, format } = day;
  if (meetings.length === 0) return h("p", { class: "hint" }, words.metNobody);
  const row = (meeting: Meeting): HTMLElement =>
    h(
      "tr",
      {},
      h(
        "th",
        { scope: "row" },
        day.nameOf(meeting.other),
        " ",
        day.report.outcome.f0.includes(meeting.other) && h("span", { class: "badge f0" }, "F0"),
      ),
      h("td", { class: "number" }, format.minutes(meeting.nearSeconds)),
      h("td", { class: "number" }, format.minutes(meeting.reachSeconds)),
      h("td", { class: "number" }, closest(day, meeting)),
      h("td", { class: "when" }, strip(day, meeting), h("span", { class: "visually-hidden" }, hours(day, meeting))),
    );
  return h(
    "div",
    { class: "table-scroll tall", tabindex: "0", role: "group", "aria-label": words.met },
    h(
      "table",
      { class: "small met" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, words.metColumns.who),
          h("th", { scope: "col", class: "number" }, words.metColumns.near),
          h("th", { scope: "col", class: "number" }, words.metColumns.reach),
          h("th", { scope: "col", class: "number" }, words.metColumns.closest),
          h("th", { scope: "col" }, words.metColumns.when),
        ),
      ),
      h("tbody", {}, ...meetings.map(row)),
    ),
  );
}

function closest(day: Day, meeting: Meeting): string {
  if (!Number.isFinite(meeting.closestMetres)) return day.words.behindWall;
  return day.words.metresUnit(day.format.number(meeting.closestMetres, 1));
}

function strip(day: Day, meeting: Meeting): SVGSVGElement {
  return s(
    "svg",
    { class: "strip", width: "100%", height: STRIP_HEIGHT, "aria-hidden": "true" },
    grid(day),
    togetherMarks(day, [meeting], STRIP_HEIGHT, day.nameOf(meeting.other)),
  );
}

function hours(day: Day, meeting: Meeting): string {
  const spans = [...meeting.spans.near, ...meeting.spans.middle, ...meeting.spans.far];
  const inside = spans.filter(({ from, to }) => percentOf(day, to) > 0 && percentOf(day, from) < 100);
  if (inside.length === 0) return "";
  return day.format.span(Math.min(...inside.map(({ from }) => from)), Math.max(...inside.map(({ to }) => to)));
}
