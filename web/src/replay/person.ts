/** One person's day with one F0: choose whose, choose by which preset, and see how sightings became a warning. */

import { badge, type Verdict, VERDICT_WORDS } from "../shared/badge.js";
import { h, s } from "../shared/dom.js";
import { dayInWords } from "../shared/format.js";
import { type DayCharts, dayCharts, TOPS, truthOf, TRUTHS } from "./person_chart.js";
import { plainNumber, type Replay } from "./replay.js";
import type { Judged, PersonDay, PersonVerdict, Preset } from "./report.js";
import { inTime, mostTelling, reachedAt, runningSums, type Weighed } from "./risk.js";

const VERDICTS: Readonly<Record<PersonVerdict, Exclude<Verdict, "f0">>> = {
  "right": "right",
  "missed": "missed",
  "in vain": "false",
  "rightly not": "quiet",
};

export function person(replay: Replay): HTMLElement {
  const { report, words, language } = replay;
  const text = words.person;
  const title = h("h2", { id: "person-title" }, text.title);
  const attributes = { class: "card person", id: "person", "aria-labelledby": "person-title" };
  const shown = mostTelling(report.person_days, report.options.preset);
  const first = report.person_days[shown];
  if (first === undefined) return h("section", attributes, title, h("p", {}, text.none));

  const whose = h(
    "select",
    { id: "person-day" },
    ...report.person_days.map((day, index) => {
      const verdict = VERDICT_WORDS[language][VERDICTS[day.verdict]];
      return h("option", { value: index, selected: index === shown }, text.option(day.person, day.f0, dayInWords(day.date), verdict));
    }),
  );
  const which = h(
    "select",
    { id: "person-preset" },
    ...report.presets.map(({ name }) =>
      h("option", { value: name, selected: name === report.options.preset }, replay.presetName(name)),
    ),
  );
  const body = h("div", {});
  const show = (): void => {
    const day = report.person_days[Number(whose.value)] ?? first;
    body.replaceChildren(...dayBody(replay, day, which.value));
  };
  whose.addEventListener("change", show);
  which.addEventListener("change", show);
  show();
  return h(
    "section",
    attributes,
    title,
    h("p", {}, text.hint),
    h(
      "div",
      { class: "pickers" },
      h("div", { class: "field" }, h("label", { for: whose.id }, text.choose), whose),
      h("div", { class: "field" }, h("label", { for: which.id }, words.preset), which),
    ),
    body,
  );
}

function dayBody(replay: Replay, day: PersonDay, presetName: string): HTMLElement[] {
  const { words, format, language, report } = replay;
  const text = words.person;
  const preset = replay.preset(presetName);
  const judged = day.by_preset.find((one) => one.preset === presetName) ?? null;
  const source = words.sources[report.source.kind];
  const verdict = VERDICTS[day.verdict];
  const parts: HTMLElement[] = [
    h(
      "p",
      { class: "verdict-line" },
      badge(verdict, VERDICT_WORDS[language][verdict]),
      " ",
      text.sentences[verdict](source.near(day.person, day.f0, format.minutes(day.near_seconds), verdict === "false")),
      h("span", { class: "hint" }, ` (${text.byPreset(replay.presetName(report.options.preset))})`),
    ),
  ];
  if (day.truth.length === 0) parts.push(h("p", { class: "hint" }, text.noTruth));
  if (day.sightings.length === 0) parts.push(h("p", {}, text.noSightings));
  if (judged === null) parts.push(h("p", {}, text.notJudged));
  else if (day.sightings.length > 0) parts.push(h("p", { class: `judgement ${judged.warns ? "warns" : "silent"}` }, judgement(replay, day, preset, judged)));

  let reader: Reader | null = null;
  const charts = dayCharts(replay, day, preset, judged, (index) => reader?.choose(index));
  parts.push(legend(replay, day, judged?.looked_up_db !== null && preset.of_scan === "adjusted"), ...charts.elements);
  const looksAt = text.looksAt[preset.of_scan];
  if (looksAt && day.sightings.length > 0) parts.push(h("p", { class: "hint" }, looksAt));
  if (judged !== null && day.sightings.length > 0) {
    const weighed = inTime(day, preset, judged);
    reader = readerOf(replay, weighed, charts);
    parts.push(reader.element, table(replay, weighed, preset));
  }
  return parts;
}

/** What the device made of the day, in a sentence. */
function judgement(replay: Replay, day: PersonDay, preset: Preset, judged: Judged): string {
  const { format } = replay;
  const text = replay.words.person;
  const name = replay.presetName(judged.preset);
  const score = format.number(judged.score, 1);
  if (!judged.warns) return text.notReached(name, score, plainNumber(replay, judged.high_minutes));
  const order = inTime(day, preset, judged);
  const index = reachedAt(runningSums(order.map(({ minutes }) => minutes)), judged.high_minutes);
  const moment = order[index ?? order.length - 1]?.sighting.time ?? 0;
  if (judged.high_minutes === 0) return text.any(name, format.time(moment));
  return text.reached(name, score, plainNumber(replay, judged.high_minutes), format.time(moment));
}

function legend({ words, report }: Replay, day: PersonDay, adjusted: boolean): HTMLElement {
  const text = words.person;
  const item = (label: string, ...marks: SVGElement[]): HTMLElement =>
    h("span", { class: "legend-item" }, s("svg", { class: "swatch", width: 16, height: 14, "aria-hidden": "true" }, ...marks), label);
  const { nearness } = words.sources[report.source.kind];
  const there = new Set(day.truth.map(truthOf));
  const strips = TRUTHS.filter((one) => there.has(one)).map((one) =>
    item(nearness[one], s("rect", { x: 0, y: 14 * TOPS[one], width: 16, height: 14 * (1 - TOPS[one]), class: `together ${one}` })),
  );
  return h(
    "div",
    { class: "legend-group" },
    ...strips,
    day.sightings.length > 0 && item(text.typical, s("circle", { cx: 8, cy: 7, r: 3.5, class: "dot full" })),
    day.sightings.length > 0 &&
      item(text.least, s("path", { d: "M8,6V14", class: "whiskers" }), s("rect", { x: 6, y: 3, width: 4, height: 4, class: "least-key" })),
    day.sightings.length > 0 && adjusted && item(text.adjusted, s("circle", { cx: 8, cy: 7, r: 4.5, class: "ring-key" })),
  );
}

interface Reader {
  readonly element: HTMLElement;
  readonly choose: (index: number) => void;
}

/** A slider over the sightings, for the keyboard, fingers and ears. */
function readerOf({ format, words }: Replay, order: readonly Weighed[], charts: DayCharts): Reader {
  const sums = runningSums(order.map(({ minutes }) => minutes));
  const slider = h("input", {
    type: "range",
    id: "sighting",
    min: 0,
    max: order.length - 1,
    step: 1,
    value: 0,
    disabled: order.length < 2,
  });
  const output = h("output", { for: slider.id });
  const show = (index: number): void => {
    const one = order[index];
    if (one === undefined) return;
    const said = words.person.readout(
      format.number(index + 1),
      format.number(order.length),
      format.time(one.sighting.time),
      format.number(one.sighting.typical_db, 1),
      format.number(one.sighting.min_db, 1),
      format.number(one.sighting.seconds),
      format.number(one.minutes, 1),
      format.number(sums[index] ?? 0, 1),
    );
    output.textContent = said;
    slider.setAttribute("aria-valuetext", said);
    charts.point(index);
  };
  slider.addEventListener("input", () => show(Number(slider.value)));
  show(0);
  return {
    element: h("div", { class: "level" }, h("label", { for: slider.id }, words.person.slider), slider, output),
    choose: (index) => {
      slider.value = String(index);
      show(index);
    },
  };
}

/** Filled when first opened: a day can have thousands of sightings. */
function table(replay: Replay, order: readonly Weighed[], preset: Preset): HTMLElement {
  const { format, words } = replay;
  const { columns, table: title } = words.person;
  const adjusted = preset.of_scan === "adjusted";
  const names = (["typical", "least", "adjusted", "seconds", "minutes", "sum"] as const).filter(
    (name) => name !== "adjusted" || adjusted,
  );
  const body = h("tbody", {});
  const details = h(
    "details",
    { class: "numbers" },
    h("summary", {}, title),
    h(
      "div",
      { class: "table-scroll tall", tabindex: "0", role: "group", "aria-label": title },
      h(
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
            ...names.map((name) =>
              h("th", { scope: "col", class: "number" }, columns[name]),
            ),
          ),
        ),
        body,
      ),
    ),
  );
  details.addEventListener("toggle", () => {
    if (!details.open || body.childElementCount > 0) return;
    const sums = runningSums(order.map(({ minutes }) => minutes));
    const number = (value: number, digits = 1): HTMLElement => h("td", { class: "number" }, format.number(value, digits));
    body.append(
      ...order.map(({ sighting, minutes, lookedUp }, index) =>
        h(
          "tr",
          { class: minutes > 0 ? undefined : "uncounted" },
          h("td", {}, format.time(sighting.time)),
          number(sighting.typical_db),
          number(sighting.min_db),
          adjusted && (lookedUp === null ? h("td", { class: "number" }, words.unknown) : number(lookedUp)),
          number(sighting.seconds, 0),
          number(minutes),
          number(sums[index] ?? 0),
        ),
      ),
    );
  });
  return details;
}
