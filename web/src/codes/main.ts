/** The form of a code and the page that shows it: a lost answer must not lead to a second code. */

import { formatFor } from "../shared/format.js";
import { asText, fromText, type Unanswered } from "./unanswered.js";

const KEY = "bluezone.codes.unanswered";
const now = (): number => Math.floor(Date.now() / 1000);

function begin(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-remember]");
  if (document.querySelector("[data-issued]") || form?.dataset["remember"] === "answered") sessionStorage.removeItem(KEY);
  if (!form) return;
  form.addEventListener("submit", () => sessionStorage.setItem(KEY, asText(new FormData(form), now())));
  const unanswered = fromText(sessionStorage.getItem(KEY), now());
  if (unanswered) offer(form, unanswered);
}

function offer(form: HTMLFormElement, unanswered: Unanswered): void {
  const notice = document.querySelector<HTMLElement>("[data-unanswered]");
  if (!notice) return;
  const at = notice.querySelector("[data-at]");
  if (at) at.textContent = formatFor("vi", "Asia/Ho_Chi_Minh").dateTime(unanswered.unixSeconds);
  notice.hidden = false;
  // what it advises without a script: take the code back
  document.querySelector("[data-latest]")?.remove();
  notice.querySelector("[data-refill]")?.addEventListener("click", () => {
    notice.hidden = true;
    refill(form, unanswered);
  });
  notice.querySelector("[data-forget]")?.addEventListener("click", () => {
    notice.hidden = true;
    sessionStorage.removeItem(KEY);
    form.querySelector<HTMLElement>("input[type=radio]")?.focus();
  });
}

function refill(form: HTMLFormElement, unanswered: Unanswered): void {
  for (const [name, value] of Object.entries({ uuid: unanswered.uuid, ...unanswered.fields })) {
    const field = form.elements.namedItem(name);
    if (field instanceof RadioNodeList || field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = value;
  }
  const next = unanswered.fields["delivery"] === "sms" ? "input[name=phone]" : "button[type=submit]";
  form.querySelector<HTMLElement>(next)?.focus();
}

try {
  begin();
} catch (error) {
  // Where a browser keeps nothing for pages, the form works as without a script.
  if (!(error instanceof DOMException)) throw error;
}
