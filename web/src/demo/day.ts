/** What every part of the page draws from: the report, who met whom, and how to say it. */

import type { Verdict } from "../shared/badge.js";
import { type Format, formatFor, type Language } from "../shared/format.js";
import { type Meetings, meetingsOf } from "./meetings.js";
import type { Person, Place, Report } from "./report.js";
import { inOrder, verdictOf } from "./verdict.js";
import { WORDS, type Words } from "./words.js";

export interface Day {
  readonly report: Report;
  readonly meetings: Meetings;
  /** In the order of the timeline. */
  readonly people: readonly Person[];
  readonly format: Format;
  readonly words: Words;
  readonly nameOf: (id: string) => string;
  readonly placeOf: (id: string) => Place | undefined;
  readonly verdictOf: (person: Person) => Verdict;
}

export function dayFrom(report: Report, language: Language): Day {
  const meetings = meetingsOf(report.contacts);
  const names = new Map(report.people.map((person) => [person.id, person.name]));
  const places = new Map(report.places.map((place) => [place.id, place]));
  return {
    report,
    meetings,
    people: inOrder(report, meetings),
    format: formatFor(language, report.timezone),
    words: WORDS[language],
    nameOf: (id) => names.get(id) ?? id,
    placeOf: (id) => places.get(id),
    verdictOf: (person) => verdictOf(report, person),
  };
}
