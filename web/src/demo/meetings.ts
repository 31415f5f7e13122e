/** Who met whom: the rows of a contact list joined per pair and sorted by nearness. */

import { type Interval, merge, total } from "../shared/intervals.js";
import { type Nearness, nearnessAt } from "../shared/nearness.js";
import type { Contact } from "./report.js";

export interface Meeting {
  readonly other: string;
  readonly spans: Readonly<Record<Nearness, readonly Interval[]>>;
  readonly nearSeconds: number;
  readonly reachSeconds: number;
  /** Infinity where a wall was always between them. */
  readonly closestMetres: number;
}

/** Meetings of each person by the other's id; both see the same meeting. */
export type Meetings = ReadonlyMap<string, ReadonlyMap<string, Meeting>>;

/** Behind a wall nobody is near, however few metres there are. */
export function nearness(contact: Contact): Nearness {
  return contact.wall_db > 0 ? "far" : nearnessAt(contact.distance_m);
}

export function meetingsOf(contacts: readonly Contact[]): Meetings {
  const rows = new Map<string, Contact[]>();
  for (const contact of contacts) {
    const [one, other] = contact.a < contact.b ? [contact.a, contact.b] : [contact.b, contact.a];
    const key = JSON.stringify([one, other]);
    const list = rows.get(key);
    if (list) list.push(contact);
    else rows.set(key, [contact]);
  }
  const meetings = new Map<string, Map<string, Meeting>>();
  for (const list of rows.values()) {
    const first = list[0];
    if (first === undefined) continue;
    const meeting = joined(list);
    for (const [person, other] of [[first.a, first.b], [first.b, first.a]] as const) {
      const own = meetings.get(person) ?? new Map<string, Meeting>();
      meetings.set(person, own.set(other, { ...meeting, other }));
    }
  }
  return meetings;
}

/** One person's meetings: most time near first, then most time within reach. */
export function metBy(meetings: Meetings, person: string): Meeting[] {
  return [...(meetings.get(person)?.values() ?? [])].sort(
    (x, y) => y.nearSeconds - x.nearSeconds || y.reachSeconds - x.reachSeconds || (x.other < y.other ? -1 : 1),
  );
}

function joined(rows: readonly Contact[]): Omit<Meeting, "other"> {
  const of = (wanted: Nearness): Interval[] => merge(rows.filter((row) => nearness(row) === wanted));
  const spans = { near: of("near"), middle: of("middle"), far: of("far") };
  return {
    spans,
    nearSeconds: total(spans.near),
    reachSeconds: total(merge(rows)),
    closestMetres: Math.min(...rows.filter((row) => row.wall_db === 0).map((row) => row.distance_m)),
  };
}
