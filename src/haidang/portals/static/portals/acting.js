// What a trader does with a declaration: composes the message, signs exactly its bytes with the key of the party, and posts bytes and signature.

import { Sender } from "./sending.js";

const form = document.getElementById("work");
const sender = new Sender(form, document.getElementById("answer"));
const field = (id) => document.getElementById(id).value.trim();
const deed = () => form.elements.deed.value;

function showFields() {
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(deed());
  for (const part of form.querySelectorAll("[data-type]")) part.hidden = part.dataset.type !== field("type");
}

const envelope = (procedure) => ({
  message_id: `WEB-${crypto.randomUUID()}`,
  sender: form.dataset.holder,
  procedure,
  declaration_no: form.dataset.number,
});

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

function facts() {
  const made = {};
  for (const each of form.querySelectorAll("[data-type]:not([hidden]) [data-name]")) {
    const text = each.value.trim();
    if (!text) continue;
    if (each.dataset.typeOf === "I" && /^\d{1,15}$/.test(text)) made[each.dataset.name] = Number(text);
    else made[each.dataset.name] = each.dataset.typeOf === "F" ? text.replace(",", ".") : text;
  }
  return made;
}

// Gives the file to customs; returns its number, or "" after saying what is wrong with it.
async function give() {
  const file = document.getElementById("attached").files[0];
  if (!file) {
    sender.say(form.dataset.noFile, true);
    return "";
  }
  if (file.size > Number(form.dataset.most)) {
    sender.say(form.dataset.tooLarge, true);
    return "";
  }
  const content = base64(new Uint8Array(await file.arrayBuffer()));
  const body = { type: field("type"), trader_code: form.dataset.trader, file_name: file.name, fields: facts(), content };
  const reply = await sender.fetch(form.dataset.documents, JSON.stringify(body));
  if (!reply.headers.get("Content-Type").includes("json")) {
    sender.say(form.dataset[reply.redirected ? "loggedOut" : "unreachable"], true);
    return "";
  }
  const said = await reply.json();
  if (said.document_no) return said.document_no;
  const language = document.documentElement.lang === "en" ? "en" : "vi";
  const findings = (said.findings ?? []).map((each) => `${each[`text_${language}`]} ${each[`repair_${language}`] ?? ""}`);
  sender.say([language === "en" ? said.title : said.title_vi, ...findings].join(" "), true);
  return "";
}

async function act() {
  if (deed() === "CANCEL") {
    return sender.sendSigned(form.dataset.cancellations, { ...envelope("CANCEL"), case: field("case"), reason: field("text") });
  }
  const made = { ...envelope("ACT"), act: deed() };
  if (deed() === "attach") {
    if (!(await sender.key())) return null;
    const number = await give();
    if (!number) return null;
    return sender.sendSigned(form.dataset.acts, { ...made, documents: [number] });
  }
  if (field("text")) made.text = field("text");
  if (deed() === "answer_question") made.question_no = Number(field("question"));
  if (deed() === "request_release") made.release_code = field("release-code");
  if (deed() === "request_storage") Object.assign(made, { place_code: field("place-code").toUpperCase(), storage_place: field("storage-place") });
  return sender.sendSigned(form.dataset.acts, made);
}

form.addEventListener("change", showFields);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  sender.run(document.getElementById("sign"), async () => {
    const shown = await act();
    if (shown?.dataset.outcome === "done") form.hidden = true;
  });
});
showFields();
