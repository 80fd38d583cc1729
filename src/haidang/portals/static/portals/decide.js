// Composes the bytes of the message ACT or DECIDE, signs exactly them with the officer's own key, and posts bytes and signature.

import { Sender } from "./sending.js";
import { sha256Hex } from "./signing.js";

const form = document.getElementById("decide");
const sender = new Sender(form, document.getElementById("answer"));

function showFields() {
  const act = form.elements.act.value;
  for (const part of form.querySelectorAll("[data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(act);
  }
}

const chosen = (name) => form.querySelector(`input[name=${name}]:checked`)?.value;
const field = (id) => document.getElementById(id).value.trim();

function order() {
  const made = { place_code: field("place"), inspection_class: field("class") };
  const containers = field("containers").split(/[\s,;]+/).filter(Boolean);
  return containers.length ? { ...made, container_nos: containers } : made;
}

async function evidence() {
  const shown = [];
  for (const photo of document.getElementById("photos").files) {
    shown.push({ kind: "photo", sha256: await sha256Hex(await photo.arrayBuffer()) });
  }
  return shown;
}

function found() {
  return [...form.querySelectorAll("input.line")]
    .filter((line) => line.value.trim())
    .map((line) => ({ line_no: Number(line.dataset.line), quantity: line.value.trim().replace(",", ".") }));
}

// On what each of these decides that somebody has asked, and how: by the message DECIDE.
const decisions = {
  accept_amendment: ["amendment", "accepted"],
  refuse_amendment: ["amendment", "refused"],
  approve_assessment: ["assessment", "accepted"],
  refuse_assessment: ["assessment", "refused"],
  approve_cancellation: ["cancellation", "accepted"],
  refuse_cancellation: ["cancellation", "refused"],
};

function decision(act) {
  const [kind, outcome] = decisions[act];
  const made = {
    message_id: `WEB-${crypto.randomUUID()}`,
    sender: form.dataset.sender,
    procedure: "DECIDE",
    declaration_no: form.dataset.number,
    register_no: form.dataset.asked,
    kind,
    outcome,
  };
  if (field("text")) made.text = field("text");
  if (form.dataset.outsideReason) made.outside_reason = form.dataset.outsideReason;
  return made;
}

// Members in the order of the description of the message; what an act does not need is left out.
async function message() {
  const act = form.elements.act.value;
  if (act in decisions) return decision(act);
  const made = {
    message_id: `WEB-${crypto.randomUUID()}`,
    sender: form.dataset.sender,
    procedure: "ACT",
    declaration_no: form.dataset.number,
    act,
  };
  if (field("text")) made.text = field("text");
  if (form.dataset.outsideReason) made.outside_reason = form.dataset.outsideReason;
  if (act === "document_check" || act === "inspection_result") made.outcome = chosen("outcome");
  if (act === "raise_channel") {
    made.channel = chosen("raise");
    if (made.channel === "red") made.order = order();
  }
  if (act === "propose_lower_channel") made.channel = chosen("lower");
  if (act === "approve" || act === "refuse") made.proposal_no = Number(field("proposal"));
  if (act === "doubt_value") made.line_nos = field("doubted").split(/[\s,;]+/).filter(Boolean).map(Number);
  if (act === "inspection_result") {
    made.lines = found();
    made.evidence = await evidence();
  }
  return made;
}

async function decide() {
  const address = form.elements.act.value in decisions ? form.dataset.decisions : form.action;
  const shown = await sender.sendSigned(address, await message());
  if (shown?.dataset.outcome === "done") form.hidden = true;
}

if (form) {
  form.elements.act.addEventListener("change", showFields);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sender.run(document.getElementById("sign"), decide);
  });
  showFields();
}
