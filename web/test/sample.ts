/** A small report for the tests: Lan is the F0; An was near, Bình too far, Chi behind a wall. */

import type { Contact, Person, Report } from "../src/demo/report.js";

export const START = Date.UTC(2021, 2, 9, 17) / 1000;

export function person(id: string, name: string, more: Partial<Person> = {}): Person {
  return { id, name, role: "", f0: false, near: false, near_seconds: 0, warned: false, ...more };
}

export function contact(a: string, b: string, from: number, to: number, distance_m: number, wall_db = 0): Contact {
  return { a, b, from: START + from, to: START + to, distance_m, wall_db };
}

export function sample(): Report {
  return {
    title: "Một ngày",
    source: { kind: "script", name: "thử" },
    timezone: "Asia/Ho_Chi_Minh",
    start: START,
    end: START + 86_400,
    people: [
      person("d03", "Bình"),
      person("d02", "An", { near: true, near_seconds: 1200, warned: true }),
      person("d04", "Chi"),
      person("d01", "Lan", { f0: true }),
    ],
    places: [{ id: "home1", name: "Nhà số 1", kind: "home" }],
    stays: [{ person: "d01", place: "home1", from: START, to: START + 3600 }],
    contacts: [
      contact("d01", "d02", 0, 600, 1),
      contact("d01", "d02", 600, 1200, 1.9),
      contact("d01", "d02", 1200, 1800, 3),
      contact("d01", "d03", 0, 600, 2.1),
      contact("d01", "d04", 0, 7200, 1, 12),
    ],
    sightings: [
      { by: "d02", of: "d01", time: START, attenuation_db: 45, seconds: 240, weight: 1 },
      { by: "d02", of: "d01", time: START + 240, attenuation_db: 60, seconds: 240, weight: 0.5 },
    ],
    alerts: [
      { person: "d02", day: "2021-03-09", minutes: 6, score: 360, closest_db: 45, certainty: "vừa", text: "Bạn đã ở gần." },
    ],
    events: [{ time: START + 90_000, text: "Xác nhận" }],
    outcome: {
      people: 4,
      f0: ["d01"],
      near: ["d02"],
      warned: ["d02"],
      missed: [],
      false: [],
      seconds: 1.5,
      receptions: 10,
      preset: "thử-1",
    },
  };
}
