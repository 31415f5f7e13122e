/** The page /heartbeat/: consent is given and withdrawn here, and each day it is opened is told once. */

import type { Language } from "../shared/format.js";
import { bodyOf, type Consent, consentFrom, hanoiDay, isPassing, todayFrom } from "./heartbeat.js";
import { WORDS } from "./words.js";

const CONSENT = "bluezone.heartbeat.consent";
const TODAY = "bluezone.heartbeat.today";
const ADDRESS = "/v1/heartbeats";

const root = document.querySelector<HTMLElement>("[data-heartbeat]");
const language: Language = document.documentElement.lang === "en" ? "en" : "vi";
const words = WORDS[language];
const wording = Number(root?.dataset["wording"]);

function part<E extends HTMLElement>(name: string): E | null {
  return root?.querySelector<E>(`[data-${name}]`) ?? null;
}

function say(name: string, text: string): void {
  const element = part(name);
  if (element) element.textContent = text;
}

function show(): void {
  const consent = consentFrom(localStorage.getItem(CONSENT), wording);
  const form = part<HTMLFormElement>("give");
  const given = part("given");
  if (form) form.hidden = consent !== null;
  if (given) given.hidden = consent === null;
  if (!consent) return;
  const option = [...(form?.querySelectorAll("option") ?? [])].find((one) => one.value === consent.ward);
  say("said", words.said(asDate(hanoiDay(Date.parse(consent.given))), option?.textContent || consent.ward));
  void send(consent);
}

async function send(consent: Consent): Promise<void> {
  const day = hanoiDay(Date.now());
  const today = todayFrom(localStorage.getItem(TODAY), day, (bytes) => crypto.getRandomValues(bytes));
  if (today.pseudonym === null) {
    say("sent", words.sent(asDate(day)));
    return;
  }
  localStorage.setItem(TODAY, JSON.stringify(today)); // before it is sent: again is the same one
  const status = await post(bodyOf(consent, day, today.pseudonym));
  if (localStorage.getItem(CONSENT) === null) return; // withdrawn meanwhile
  if (status === 200) localStorage.setItem(TODAY, JSON.stringify({ day, pseudonym: null }));
  say("sent", status === 200 ? words.sent(asDate(day)) : isPassing(status) ? words.notSent : words.refused);
}

async function post(body: string): Promise<number> {
  try {
    const answer = await fetch(ADDRESS, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
    });
    return answer.status;
  } catch {
    return 599; // no network: as a fault that passes
  }
}

function asDate(day: string): string {
  return day.split("-").reverse().join("/");
}

function begin(): void {
  if (!root) return;
  part("blocked")?.remove(); // it says that this does not run
  part<HTMLFormElement>("give")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const ward = part<HTMLFormElement>("give")?.querySelector("select")?.value ?? "";
    const consent: Consent = { given: new Date().toISOString(), wording, ward };
    localStorage.setItem(CONSENT, JSON.stringify(consent));
    say("status", "");
    show();
    part("withdraw")?.focus();
  });
  part("withdraw")?.addEventListener("click", () => {
    localStorage.removeItem(CONSENT);
    const day = hanoiDay(Date.now()); // through: who agrees again today, after a lost answer, would count twice
    localStorage.setItem(TODAY, JSON.stringify({ day, pseudonym: null }));
    part<HTMLFormElement>("give")?.reset();
    say("sent", "");
    say("status", words.withdrawn);
    show();
    root.querySelector<HTMLElement>("form:not([hidden]) select")?.focus(); // the button that had it is gone
  });
  show();
}

try {
  begin();
} catch (error) {
  if (!(error instanceof DOMException)) throw error;
  say("status", words.keepsNothing);
}
