/** The report of a demo day, as `spec/demo_report.schema.json` lays it down, read with suspicion. */

import { Fields, ReportError } from "../shared/fields.js";

export type PlaceKind = "home" | "bus" | "school" | "office" | "cafe";
export type SourceKind = "script" | "haslemere" | "sociopatterns" | "copenhagen";

export const PLACE_KINDS: readonly PlaceKind[] = ["home", "bus", "school", "office", "cafe"];
const SOURCE_KINDS: readonly SourceKind[] = ["script", "haslemere", "sociopatterns", "copenhagen"];

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly f0: boolean;
  readonly near: boolean;
  readonly near_seconds: number;
  readonly warned: boolean;
}

export interface Place {
  readonly id: string;
  readonly name: string;
  readonly kind: PlaceKind;
}

export interface Stay {
  readonly person: string;
  readonly place: string;
  readonly from: number;
  readonly to: number;
}

export interface Contact {
  readonly a: string;
  readonly b: string;
  readonly from: number;
  readonly to: number;
  readonly distance_m: number;
  readonly wall_db: number;
}

export interface Sighting {
  readonly by: string;
  readonly of: string;
  readonly time: number;
  readonly attenuation_db: number;
  readonly seconds: number;
  readonly weight: number;
}

export interface Alert {
  readonly person: string;
  readonly day: string;
  readonly minutes: number;
  readonly score: number;
  readonly closest_db: number;
  readonly certainty: string;
  readonly text: string;
}

export interface DayEvent {
  readonly time: number;
  readonly text: string;
}

export interface Outcome {
  readonly people: number;
  readonly f0: readonly string[];
  readonly near: readonly string[];
  readonly warned: readonly string[];
  readonly missed: readonly string[];
  readonly false: readonly string[];
  readonly seconds: number;
  readonly receptions: number;
  readonly preset: string;
}

/** Times are Unix seconds UTC; intervals run from `from` until before `to`. */
export interface Report {
  readonly title: string;
  readonly source: { readonly kind: SourceKind; readonly name: string };
  readonly timezone: string;
  readonly start: number;
  readonly end: number;
  readonly people: readonly Person[];
  readonly places: readonly Place[];
  readonly stays: readonly Stay[];
  readonly contacts: readonly Contact[];
  readonly sightings: readonly Sighting[];
  readonly alerts: readonly Alert[];
  readonly events: readonly DayEvent[];
  readonly outcome: Outcome;
}

/** @throws ReportError naming the first field that does not fit. */
export function parseReport(document: unknown): Report {
  const root = new Fields(document, "report");
  const source = root.object("source");
  const report: Report = {
    title: root.text("title"),
    source: { kind: source.oneOf("kind", SOURCE_KINDS), name: source.text("name") },
    timezone: root.text("timezone"),
    start: root.number("start"),
    end: root.number("end"),
    people: root.list("people", parsePerson),
    places: root.list("places", parsePlace),
    stays: root.list("stays", parseStay),
    contacts: root.list("contacts", parseContact),
    sightings: root.list("sightings", parseSighting),
    alerts: root.list("alerts", parseAlert),
    events: root.list("events", (row) => ({ time: row.number("time"), text: row.text("text") })),
    outcome: parseOutcome(root.object("outcome")),
  };
  if (report.end <= report.start) throw new ReportError("report.end: must be after report.start");
  if (report.people.length === 0) throw new ReportError("report.people: nobody is in it");
  refuseStrangers(report);
  return report;
}

function parsePerson(row: Fields): Person {
  return {
    id: row.text("id"),
    name: row.text("name"),
    role: row.text("role"),
    f0: row.flag("f0"),
    near: row.flag("near"),
    near_seconds: row.number("near_seconds"),
    warned: row.flag("warned"),
  };
}

function parsePlace(row: Fields): Place {
  return { id: row.text("id"), name: row.text("name"), kind: row.oneOf("kind", PLACE_KINDS) };
}

function parseStay(row: Fields): Stay {
  return { person: row.text("person"), place: row.text("place"), from: row.number("from"), to: row.number("to") };
}

function parseContact(row: Fields): Contact {
  return {
    a: row.text("a"),
    b: row.text("b"),
    from: row.number("from"),
    to: row.number("to"),
    distance_m: row.number("distance_m"),
    wall_db: row.has("wall_db") ? row.number("wall_db") : 0,
  };
}

function parseSighting(row: Fields): Sighting {
  return {
    by: row.text("by"),
    of: row.text("of"),
    time: row.number("time"),
    attenuation_db: row.number("attenuation_db"),
    seconds: row.number("seconds"),
    weight: row.number("weight"),
  };
}

function parseAlert(row: Fields): Alert {
  return {
    person: row.text("person"),
    day: row.text("day"),
    minutes: row.number("minutes"),
    score: row.number("score"),
    closest_db: row.number("closest_db"),
    certainty: row.text("certainty"),
    text: row.text("text"),
  };
}

function parseOutcome(row: Fields): Outcome {
  return {
    people: row.number("people"),
    f0: row.texts("f0"),
    near: row.texts("near"),
    warned: row.texts("warned"),
    missed: row.texts("missed"),
    false: row.texts("false"),
    seconds: row.number("seconds"),
    receptions: row.number("receptions"),
    preset: row.text("preset"),
  };
}

/** Everyone who is mentioned must be introduced, so that the page never has to draw a nobody. */
function refuseStrangers(report: Report): void {
  const people = new Set(report.people.map((person) => person.id));
  const places = new Set(report.places.map((place) => place.id));
  const known = (where: string, id: string): void => {
    if (!people.has(id)) throw new ReportError(`report.${where}: nobody has the id "${id}"`);
  };
  for (const contact of report.contacts) [contact.a, contact.b].forEach((id) => known("contacts", id));
  for (const sighting of report.sightings) [sighting.by, sighting.of].forEach((id) => known("sightings", id));
  for (const alert of report.alerts) known("alerts", alert.person);
  for (const stay of report.stays) {
    known("stays", stay.person);
    if (!places.has(stay.place)) throw new ReportError(`report.stays: no place has the id "${stay.place}"`);
  }
  const { f0, near, warned, missed, false: mistaken } = report.outcome;
  for (const id of [...f0, ...near, ...warned, ...missed, ...mistaken]) known("outcome", id);
}
