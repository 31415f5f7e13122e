/** Fetches the report and puts the page together. */

import { type Day, dayFrom } from "./day.js";
import { detail } from "./detail.js";
import { h } from "./dom.js";
import type { Language } from "./format.js";
import { matrix } from "./matrix.js";
import { events, headline, results } from "./outcome.js";
import { parseReport, ReportError } from "./report.js";
import { timeline } from "./timeline.js";
import { WORDS } from "./words.js";

async function start(root: HTMLElement): Promise<void> {
  const language: Language = document.documentElement.lang === "en" ? "en" : "vi";
  try {
    root.replaceChildren(...page(dayFrom(parseReport(await load(root.dataset["report"] ?? "")), language)));
  } catch (error) {
    const words = WORDS[language];
    const expected = error instanceof ReportError || error instanceof SyntaxError || error instanceof RangeError;
    const text = expected ? words.damaged(error.message) : words.unreachable;
    root.replaceChildren(h("p", { class: "message error", role: "alert" }, text));
    if (!expected && !(error instanceof TypeError)) throw error;
  }
}

async function load(url: string): Promise<unknown> {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new TypeError(`${url} answered ${response.status}`);
  return JSON.parse(await response.text());
}

function page(day: Day): HTMLElement[] {
  const panel = h("aside", { class: "card detail", "aria-live": "polite", tabindex: "0" });
  const rows = timeline(day, (id) => {
    select(id);
    revealOnNarrowScreens(panel);
  });
  const select = (id: string): void => {
    const person = day.people.find((one) => one.id === id);
    if (person === undefined) return;
    rows.select(id);
    panel.setAttribute("aria-label", person.name);
    panel.replaceChildren(detail(day, person));
    panel.scrollTop = 0;
  };
  const first = day.people.find((person) => day.verdictOf(person) === "right") ?? day.people[0];
  if (first !== undefined) select(first.id);
  return [
    headline(day),
    h("div", { class: "split" }, rows.element, panel),
    h("div", { class: "split even" }, matrix(day), events(day)),
    results(day),
  ];
}

/** Where the panel is below the rows, the choice would otherwise seem to do nothing. */
function revealOnNarrowScreens(panel: HTMLElement): void {
  if (panel.getBoundingClientRect().top < window.innerHeight * 0.8) return;
  const title = panel.querySelector<HTMLElement>(".detail-title");
  title?.focus({ preventScroll: true });
  panel.scrollIntoView({ block: "start" });
}

const root = document.getElementById("day");
if (root !== null) void start(root);
