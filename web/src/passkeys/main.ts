/** Forms that a passkey fills in: the browser is asked when one is sent, its answer goes with it. */

import { answer, creationOptions, requestOptions } from "./json.js";

function prepare(form: HTMLFormElement): void {
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
  const field = form.elements.namedItem("answer");
  if (!button || !(field instanceof HTMLInputElement) || typeof PublicKeyCredential === "undefined") return;
  form.querySelector("[data-unsupported]")?.remove();
  button.disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    button.disabled = true;
    ask(form)
      .then((text) => {
        field.value = text;
        form.submit();
      })
      .catch(() => {
        button.disabled = false;
        const failed = form.querySelector<HTMLElement>("[data-failed]");
        if (failed) failed.hidden = false;
      });
  });
}

async function ask(form: HTMLFormElement): Promise<string> {
  const options = form.dataset["options"] ?? "";
  const credential =
    form.dataset["passkey"] === "create"
      ? await navigator.credentials.create({ publicKey: creationOptions(options) })
      : await navigator.credentials.get({ publicKey: requestOptions(options) });
  return answer(credential as PublicKeyCredential);
}

document.querySelectorAll<HTMLFormElement>("form[data-passkey]").forEach(prepare);
