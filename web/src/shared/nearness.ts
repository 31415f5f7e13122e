/** How near two people are, in the steps that the pages draw. */

/** Metres within which two people are near (the WHO's close contact). */
export const NEAR_METRES = 2;
export const MIDDLE_METRES = 5;

export type Nearness = "near" | "middle" | "far";
export const NEARNESSES: readonly Nearness[] = ["near", "middle", "far"];

export function nearnessAt(metres: number): Nearness {
  if (metres > MIDDLE_METRES) return "far";
  return metres <= NEAR_METRES ? "near" : "middle";
}
