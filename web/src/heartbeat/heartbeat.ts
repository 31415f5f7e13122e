/** What a browser keeps and says of itself once a day, if its owner agreed: see spec/heartbeat.md. */

export interface Consent {
  /** When it was given, as ISO time, and to which wording. */
  readonly given: string;
  readonly wording: number;
  readonly ward: string;
}

/** How far the present day is: a pseudonym that is still to be sent, or nothing more to do. */
export interface Today {
  readonly day: string;
  readonly pseudonym: string | null;
}

const PSEUDONYM_BYTES = 16;
const HANOI_AHEAD = 7 * 3600 * 1000;
const WARD = /^(?=.{1,20}$)[0-9A-Z]+(?:-[0-9A-Z]+)*$/;

/** The day in Hà Nội, wherever the browser is. */
export function hanoiDay(milliseconds: number): string {
  return new Date(milliseconds + HANOI_AHEAD).toISOString().slice(0, 10);
}

/** The consent that was kept; null without one, or where it was to another wording. */
export function consentFrom(text: string | null, wording: number): Consent | null {
  const kept = fields(text);
  if (!kept || typeof kept["given"] !== "string" || typeof kept["ward"] !== "string") return null;
  if (kept["wording"] !== wording || !WARD.test(kept["ward"]) || Number.isNaN(Date.parse(kept["given"]))) return null;
  return { given: kept["given"], wording, ward: kept["ward"] };
}

/** What was kept of this very day; a new day begins with a pseudonym that has nothing of the last. */
export function todayFrom(text: string | null, day: string, random: (bytes: Uint8Array) => void): Today {
  const kept = fields(text);
  if (kept && kept["day"] === day && (typeof kept["pseudonym"] === "string" || kept["pseudonym"] === null)) {
    return { day, pseudonym: kept["pseudonym"] };
  }
  const bytes = new Uint8Array(PSEUDONYM_BYTES);
  random(bytes);
  return { day, pseudonym: btoa(String.fromCharCode(...bytes)) };
}

/** The request's body. A browser cannot trace, and says so. */
export function bodyOf(consent: Consent, day: string, pseudonym: string): string {
  return JSON.stringify({ day, ward: consent.ward, platform: "web", tracing: false, pseudonym });
}

/** Whether a failure passes by itself: too many requests, or a fault of the server or the network. */
export function isPassing(status: number): boolean {
  return status >= 500 || status === 429;
}

function fields(text: string | null): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text ?? "null");
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
