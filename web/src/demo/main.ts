/** Puts the page of a demo day together. */

import { h } from "../shared/dom.js";
import { fill } from "../shared/page.js";
import { type Day, dayFrom } from "./day.js";
import { detail } from "./detail.js";
import { matrix } from "./matrix.js";
import { events, headline, results } from "./outcome.js";
import { parseReport } from "./report.js";
import { timeline } from "./timeline.js";
import { WORDS } from "./words.js";

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

void fill("day", (document, language) => page(dayFrom(parseReport(document), language)), WORDS);
