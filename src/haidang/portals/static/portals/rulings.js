// Composes an application for an advance ruling, or a step in its file, signs exactly its bytes and posts bytes and signature.

import { Sender } from "./sending.js";

const form = document.getElementById("ruling");
const sender = new Sender(form, document.getElementById("answer"));
const chosen = () => document.getElementById("kind").value;

function showFields() {
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(chosen());
}

// Fields of the form by their names in the message; what is hidden or empty is left out.
function filled(names) {
  const made = {};
  for (const name of names) {
    const field = document.getElementById(name);
    const text = field && !field.closest("[hidden]") ? field.value.trim() : "";
    if (text) made[name] = name === "origin_country_code" ? text.toUpperCase() : text;
  }
  return made;
}

const ASKED = ["commodity_code", "value_method", "origin_country_code", "text"];

function message() {
  const made = { message_id: `WEB-${crypto.randomUUID()}`, sender: form.dataset.sender, procedure: form.dataset.procedure };
  if (form.dataset.procedure === "RULING_APPLY") {
    return { ...made, ...filled(["trader_code"]), kind: chosen(), ...filled(["goods_name", "goods_mark", "lot", ...ASKED]) };
  }
  const [act, outcome] = chosen().startsWith("propose_") ? ["propose", chosen().slice("propose_".length)] : [chosen(), ""];
  const step = { ...made, trader_code: form.dataset.trader, number: form.dataset.number, act, ...filled([...ASKED, "valid_until"]) };
  return outcome ? { ...step, outcome } : step;
}

document.getElementById("kind").addEventListener("change", showFields);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  sender.run(document.getElementById("sign"), async () => {
    const shown = await sender.sendSigned(form.dataset.address, message());
    if (shown?.dataset.outcome === "done") form.hidden = true;
  });
});
showFields();
