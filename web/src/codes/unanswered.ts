/** A form that was sent and whose answer never came: kept in this tab, so that it can be sent again as it was. */

export interface Unanswered {
  readonly uuid: string;
  readonly unixSeconds: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** What is kept: of a phone nothing, for others may use this browser later. */
const KEPT = ["report_type", "test_date", "onset_date", "area", "delivery"];

/** A code for a link lives a day; after that there is nothing to get back. */
const KEPT_SECONDS = 24 * 3600;

export function asText(sent: FormData, unixSeconds: number): string {
  const fields: Record<string, string> = {};
  for (const name of KEPT) {
    const value = sent.get(name);
    if (typeof value === "string") fields[name] = value;
  }
  return JSON.stringify({ uuid: String(sent.get("uuid") ?? ""), unixSeconds, fields });
}

/** What {@link asText} wrote; null when it is too old or something else wrote it. */
export function fromText(text: string | null, now: number): Unanswered | null {
  if (text === null) return null;
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof found !== "object" || found === null) return null;
  const { uuid, unixSeconds, fields } = found as Partial<Unanswered>;
  if (typeof uuid !== "string" || typeof unixSeconds !== "number" || typeof fields !== "object" || fields === null) return null;
  if (now - unixSeconds > KEPT_SECONDS) return null;
  const kept = KEPT.flatMap((name) => {
    const value = fields[name];
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  return { uuid, unixSeconds, fields: Object.fromEntries(kept) };
}
