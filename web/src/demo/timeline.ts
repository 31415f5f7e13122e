/** The timeline: one row per person, chosen with the mouse or the keyboard. */

import { badge, type Verdict } from "../shared/badge.js";
import { type Child, h, s } from "../shared/dom.js";
import { merge, total } from "../shared/intervals.js";
import { NEARNESSES } from "../shared/nearness.js";
import type { Day } from "./day.js";
import { type Meeting, metBy } from "./meetings.js";
import { PLACE_KINDS, type Person } from "./report.js";
import { bar, grid, ticks, togetherMarks } from "./track.js";

const MARK_HEIGHT = 17;
const STAY_TOP = 20;
const STAY_HEIGHT = 10;
const TRACK_HEIGHT = 32;

export interface Timeline {
  readonly element: HTMLElement;
  readonly select: (id: string) => void;
}

export function timeline(day: Day, onSelect: (id: string) => void): Timeline {
  const buttons = new Map(day.people.map((person) => [person.id, rowButton(day, person)]));
  const list = h(
    "ol",
    { class: "rows" },
    ...day.people.map((person) => h("li", { class: `row ${day.verdictOf(person)}` }, buttons.get(person.id))),
  );
  list.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button?.dataset["person"]) onSelect(button.dataset["person"]);
  });
  list.addEventListener("keydown", (event) => moveFocus(event, [...buttons.values()]));
  const element = h(
    "section",
    { class: "card timeline", "aria-labelledby": "timeline-title" },
    h("h2", { id: "timeline-title" }, day.words.timeline),
    h("p", { class: "hint" }, day.words.timelineHint),
    legend(day),
    h("div", { class: "axis", "aria-hidden": "true" }, axis(day)),
    list,
  );
  const select = (id: string): void => {
    for (const [person, button] of buttons) button.setAttribute("aria-pressed", String(person === id));
  };
  return { element, select };
}

/** None for those whom nothing happened to: the eye shall find the others. */
export function verdictBadge(day: Day, verdict: Verdict): HTMLElement | null {
  return verdict === "quiet" ? null : badge(verdict, day.words.verdicts[verdict]);
}

/** A person's meetings with F0s; an F0's own row shows meetings with anybody. */
export function meetingsWithF0(day: Day, person: Person): Meeting[] {
  const all = metBy(day.meetings, person.id);
  return day.verdictOf(person) === "f0" ? all : all.filter(({ other }) => day.report.outcome.f0.includes(other));
}

function rowButton(day: Day, person: Person): HTMLButtonElement {
  return h(
    "button",
    { type: "button", class: "row-button", "aria-pressed": "false", "data-person": person.id },
    h(
      "span",
      { class: "who" },
      h("span", { class: "name" }, person.name),
      " ",
      person.role && h("span", { class: "role" }, person.role),
    ),
    " ",
    h("span", { class: "verdict" }, verdictBadge(day, day.verdictOf(person))),
    h("span", { class: "visually-hidden" }, summary(day, person)),
    track(day, person),
  );
}

function track(day: Day, person: Person): SVGSVGElement {
  const withF0 = meetingsWithF0(day, person);
  const tip = day.verdictOf(person) === "f0" ? day.words.metColumns.reach : day.words.legendNear;
  return s(
    "svg",
    { class: "track", width: "100%", height: TRACK_HEIGHT, "aria-hidden": "true" },
    grid(day),
    day.report.stays.length > 0 ? stays(day, person) : contacts(day, person),
    togetherMarks(day, withF0, MARK_HEIGHT, tip),
  );
}

function stays(day: Day, person: Person): SVGGElement {
  const own = day.report.stays.filter((stay) => stay.person === person.id);
  return s(
    "g",
    {},
    ...own.map((stay) => {
      const place = day.placeOf(stay.place);
      const className = `stay ${place?.kind ?? "home"}`;
      return bar(day, stay, { y: STAY_TOP, height: STAY_HEIGHT, className, tip: place?.name ?? stay.place });
    }),
  );
}

function contacts(day: Day, person: Person): SVGGElement {
  const all = metBy(day.meetings, person.id).flatMap(({ spans }) => NEARNESSES.flatMap((near) => spans[near]));
  const tip = day.words.legendContacts;
  return s(
    "g",
    {},
    ...merge(all, 90).map((span) => bar(day, span, { y: STAY_TOP, height: STAY_HEIGHT, className: "stay contact", tip })),
  );
}

/** What the strip shows, in words. */
function summary(day: Day, person: Person): string {
  if (day.verdictOf(person) === "f0") return "";
  const near = merge(meetingsWithF0(day, person).flatMap(({ spans }) => spans.near));
  if (near.length === 0) return "";
  const shown = near.slice(0, 3).map(({ from, to }) => day.format.span(from, to));
  const rest = near.length > 3 ? ["…"] : [];
  return ` ${day.words.withF0([...shown, ...rest].join(", "))} ${day.words.minutesUnit(day.format.minutes(total(near)))}.`;
}

function axis(day: Day): SVGSVGElement {
  return s(
    "svg",
    { width: "100%", height: 20 },
    ...ticks(day).map(({ percent, label, major }) =>
      s(
        "text",
        {
          x: `${percent}%`,
          y: 14,
          class: major ? "major" : "minor",
          "text-anchor": percent < 1 ? "start" : percent > 99 ? "end" : "middle",
        },
        label,
      ),
    ),
  );
}

function legend(day: Day): HTMLElement {
  const swatch = (className: string, label: string): HTMLElement =>
    h(
      "span",
      { class: "legend-item" },
      s("svg", { class: "swatch", width: 16, height: 14, "aria-hidden": "true" }, key(className)),
      label,
    );
  const key = (className: string): SVGRectElement => {
    const top = className.endsWith("near") ? 0 : className.endsWith("middle") ? 6 : className.endsWith("far") ? 10 : 2;
    return s("rect", { x: 0, y: top, width: 16, height: className.startsWith("stay") ? 10 : 14 - top, class: className });
  };
  const group = (title: string, ...items: Child[]): HTMLElement =>
    h("div", { class: "legend-group" }, h("span", { class: "legend-title" }, title), ...items);
  const used = new Set(day.report.places.map((place) => place.kind));
  return h(
    "div",
    { class: "legend" },
    group(day.words.legendNear, ...NEARNESSES.map((near) => swatch(`together ${near}`, day.words.nearness[near]))),
    day.report.stays.length > 0
      ? group(
          day.words.legendPlaces,
          ...PLACE_KINDS.filter((kind) => used.has(kind)).map((kind) => swatch(`stay ${kind}`, day.words.places[kind])),
        )
      : h("div", { class: "legend-group" }, swatch("stay contact", day.words.legendContacts)),
  );
}

function moveFocus(event: KeyboardEvent, buttons: readonly HTMLButtonElement[]): void {
  const here = buttons.findIndex((button) => button === document.activeElement);
  if (here < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: here + 1,
    ArrowUp: here - 1,
    Home: 0,
    End: buttons.length - 1,
  };
  const next = buttons[steps[event.key] ?? -1];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
