/** How the system did for each person, and the order in which people are listed. */

import type { Verdict } from "../shared/badge.js";
import type { Meetings } from "./meetings.js";
import type { Person, Report, Sighting } from "./report.js";

export function verdictOf(report: Report, person: Person): Verdict {
  if (report.outcome.f0.includes(person.id)) return "f0";
  if (report.outcome.missed.includes(person.id)) return "missed";
  if (report.outcome.false.includes(person.id)) return "false";
  return report.outcome.warned.includes(person.id) ? "right" : "quiet";
}

/** F0s first, then by time near an F0, then by time within an F0's reach, then as in the report. */
export function inOrder(report: Report, meetings: Meetings): Person[] {
  const reach = (person: Person): number =>
    report.outcome.f0.reduce((sum, f0) => sum + (meetings.get(person.id)?.get(f0)?.reachSeconds ?? 0), 0);
  const isF0 = (person: Person): number => Number(report.outcome.f0.includes(person.id));
  return [...report.people].sort(
    (x, y) =>
      isF0(y) - isF0(x) ||
      y.near_seconds - x.near_seconds ||
      Number(y.warned) - Number(x.warned) ||
      reach(y) - reach(x),
  );
}

/** Seconds at risk: each sighting's seconds times its weight. */
export function riskSeconds(sightings: readonly Sighting[]): number {
  return sightings.reduce((sum, sighting) => sum + sighting.seconds * sighting.weight, 0);
}
