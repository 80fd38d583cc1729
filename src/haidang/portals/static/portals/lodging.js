// The form of a declaration: fills the controls from what is kept, keeps what is typed, and makes of it the message that is signed.
// What the page has no control for (a file of many lines, a field of the other direction) is kept as it came.

import { Sender } from "./sending.js";
import { sha256Hex } from "./signing.js";

const form = document.getElementById("form");
const sender = new Sender(form, document.getElementById("answer"));
const saved = document.getElementById("saved");
const lines = form.querySelector("[data-list=items]");
const SAVE_AFTER_MS = 1_000;

let rest = {};
let isLong = false;
let timer = 0;

// ---- controls -------------------------------------------------------------------------------------------------------------------

const input = (field) => field.querySelector("input, select, textarea");
const owner = (element) => element.parentElement.closest(".entry, #header");
const own = (entry, what) => [...entry.querySelectorAll(what)].filter((each) => owner(each) === entry);

function decimal(text) {
  const bare = text.replace(/[\s\u00a0]/g, "");
  return bare.includes(".") ? bare : bare.replace(",", ".");
}

function one(text, control) {
  if (control === "whole") return /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
  if (control === "decimal") return decimal(text);
  if (control === "truth") return text === "true";
  return control === "code" || control === "select" ? text.toUpperCase() : text;
}

function valueOf(field) {
  const { control, many } = field.dataset;
  const text = input(field).value.trim();
  if (!text) return undefined;
  if (!many) return one(text, control);
  return text.split(many === "lines" ? /\n+/ : /[\s,;]+/).map((each) => each.trim()).filter(Boolean).map((each) => one(each, control));
}

function show(field, value) {
  const text = Array.isArray(value) ? value.join(field.dataset.many === "lines" ? "\n" : " ") : value ?? "";
  input(field).value = typeof text === "object" ? JSON.stringify(text) : String(text);
}

function read(entry) {
  const made = {};
  for (const field of own(entry, "[data-field]")) {
    const value = valueOf(field);
    if (value !== undefined) made[field.dataset.field] = value;
  }
  for (const list of own(entry, "[data-list]")) {
    const members = [...list.querySelector("ol").children].map(read).filter((each) => Object.keys(each).length);
    if (members.length) made[list.dataset.list] = members;
  }
  return { ...entry.rest, ...made };
}

function fill(entry, values) {
  const left = { ...values };
  for (const field of own(entry, "[data-field]")) {
    const name = field.dataset.field;
    if (name in left) show(field, left[name]);
    delete left[name];
  }
  for (const list of own(entry, "[data-list]")) {
    const name = list.dataset.list;
    if (Array.isArray(left[name])) for (const each of left[name]) add(list, each);
    delete left[name];
  }
  entry.rest = left;
  for (const fold of own(entry, "details.others")) {
    fold.open = [...fold.querySelectorAll("[data-field]")].some((field) => input(field).value);
  }
}

function add(list, values = {}, after = null) {
  const made = document.getElementById(`entry-${list.dataset.list}`).content.cloneNode(true).firstElementChild;
  const home = list.querySelector("ol");
  home.insertBefore(made, after ? after.nextSibling : null);
  fill(made, values);
  htmx.process(made);
  return made;
}

// Ids follow the pointers of findings: /declaration/items/0/quantity is f-items-0-quantity.
function number(entry, path) {
  for (const field of own(entry, "[data-field]")) {
    const id = [...path, field.dataset.field].join("-");
    input(field).id = id;
    field.querySelector("label").htmlFor = id;
    const hint = field.querySelector(".hint"), wrong = field.querySelector(".wrong");
    [hint.id, wrong.id] = [`${id}-hint`, `${id}-wrong`];
    input(field).setAttribute("aria-describedby", `${id}-hint ${id}-wrong`);
  }
  for (const list of own(entry, "[data-list]")) numberList(list, path);
}

function numberList(list, path) {
  const own = [...path, list.dataset.list];
  const entries = [...list.querySelector("ol").children];
  list.id = own.join("-");
  list.querySelector(":scope > .add").hidden = entries.length >= Number(list.dataset.most);
  entries.forEach((entry, at) => {
    entry.id = [...own, at].join("-");
    const no = entry.querySelector(":scope > fieldset > legend .no");
    if (no) no.textContent = at + 1;
    number(entry, [...own, at]);
  });
}

function renumber() {
  number(document.getElementById("header"), ["f"]);
  if (!isLong) numberList(lines, ["f"]);
  document.getElementById("count").textContent = isLong ? rest.items.length : lines.querySelector("ol").children.length;
}

// ---- what the form says ---------------------------------------------------------------------------------------------------------

function declaration() {
  const made = { ...rest, ...read(document.getElementById("header")) };
  if (!isLong) {
    const items = [...lines.querySelector("ol").children].map(read);
    delete made.items;
    if (items.length) made.items = items;
  }
  return made;
}

async function save() {
  clearTimeout(timer);
  timer = 0;
  saved.textContent = saved.dataset.saving;
  const reply = await sender.fetch(form.dataset.save, JSON.stringify(declaration()));
  if (!reply.ok || reply.redirected) {
    saved.textContent = saved.dataset.unsaved;
    if (reply.redirected) sender.say(form.dataset.loggedOut, true);
    throw new Error("the form was not kept");
  }
  const said = await reply.json();
  saved.textContent = `${saved.dataset.saved} ${new Date().toLocaleTimeString(document.documentElement.lang)}`;
  // Each direction has fields of its own.
  if (said.is_export !== (form.dataset.export === "yes")) location.reload();
}

function saveSoon() {
  clearTimeout(timer);
  timer = setTimeout(() => save().catch((error) => { console.warn(error.message); saved.textContent = saved.dataset.unsaved; }), SAVE_AFTER_MS);
}

// The same content of the same form is the same message: sent again after a lost answer, it is answered and not lodged twice.
async function message() {
  const declared = declaration();
  const reasons = {};
  if (form.dataset.procedure === "AMC") reasons.reason_code = document.getElementById("reason-code").value;
  const reason = document.getElementById("reason")?.value.trim();
  if (reason) reasons.reason = reason;
  const said = new TextEncoder().encode(form.dataset.form + JSON.stringify([declared, reasons]));
  const made = { message_id: `WEB-${(await sha256Hex(said)).slice(0, 40)}`, sender: form.dataset.holder, procedure: form.dataset.procedure };
  if (form.dataset.number) made.declaration_no = form.dataset.number;
  return { ...made, declaration: declared, ...reasons };
}

// ---- what is wrong --------------------------------------------------------------------------------------------------------------

function clearWrong() {
  for (const each of form.querySelectorAll(".wrong:not([hidden])")) [each.hidden, each.textContent] = [true, ""];
  for (const each of form.querySelectorAll("[aria-invalid]")) each.removeAttribute("aria-invalid");
}

function nearest(place) {
  for (let id = place; id.includes("-"); id = id.slice(0, id.lastIndexOf("-"))) {
    const found = document.getElementById(id);
    if (found) return found;
  }
  return null;
}

function showWrong(shown) {
  for (const each of shown.querySelectorAll("[data-place]")) {
    const target = each.dataset.place && nearest(each.dataset.place);
    if (!target) continue;
    each.querySelector("a").href = `#${target.id}`;
    const wrong = target.closest("[data-field], [data-list]")?.querySelector(":scope > .wrong");
    if (wrong) {
      wrong.textContent += `${each.querySelector(".said").textContent} ${each.querySelector(".repair").textContent} `;
      wrong.hidden = false;
    }
    if (target.matches("input, select, textarea")) target.setAttribute("aria-invalid", "true");
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }
}

function follow(shown) {
  clearWrong();
  if (!shown) return;
  if (shown.dataset.outcome === "refused") showWrong(shown);
  if (shown.dataset.outcome === "sent") location.assign(shown.dataset.goto);
}

async function check() {
  sender.say(form.dataset.checking);
  await save();
  follow(await sender.post(form.dataset.check, ""));
}

async function sendSigned() {
  await save();
  follow(await sender.sendSigned(form.dataset.send, await message()));
}

// ---- keys and buttons -----------------------------------------------------------------------------------------------------------

function nextWrong(back) {
  const all = [...form.querySelectorAll("[aria-invalid]")];
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  all[(at + (back ? -1 : 1) + all.length + (at < 0 && back ? 1 : 0)) % all.length].focus();
}

function change(act) {
  const focused = act();
  renumber();
  saveSoon();
  (focused?.querySelector("input, select, textarea") ?? lines.querySelector(".add"))?.focus();
}

const entryOf = (element) => element.closest(".entry");

form.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.classList.contains("add")) change(() => add(button.parentElement));
  if (button.classList.contains("remove")) {
    const entry = entryOf(button);
    change(() => { const beside = entry.nextElementSibling ?? entry.previousElementSibling; entry.remove(); return beside; });
  }
  if (button.classList.contains("twin")) change(() => add(lines, read(entryOf(button)), entryOf(button)));
});

form.addEventListener("input", (event) => {
  const field = event.target.closest("[data-field]");
  const chosen = field?.querySelector(".chosen");
  if (chosen) {
    const option = [...event.target.list.options].find((each) => each.value === event.target.value.toUpperCase());
    chosen.textContent = option ? option.textContent.replace(/^[^·]*/, "") : "";
  }
  saveSoon();
});
form.addEventListener("submit", (event) => event.preventDefault());

document.addEventListener("keydown", (event) => {
  if (event.key === "F8") { event.preventDefault(); nextWrong(event.shiftKey); }
  if (!event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.code === "KeyN" && !isLong) { event.preventDefault(); change(() => add(lines)); }
  const entry = entryOf(document.activeElement);
  if (event.code === "KeyD" && entry && lines.contains(entry)) { event.preventDefault(); change(() => add(lines, read(entry), entry)); }
});
window.addEventListener("beforeunload", (event) => { if (timer) event.preventDefault(); });

document.getElementById("check")?.addEventListener("click", (event) => sender.run(event.target, check));
document.getElementById("sign").addEventListener("click", (event) => sender.run(event.target, sendSigned));

const kept = await (await fetch(form.dataset.content)).json();
isLong = Array.isArray(kept.items) && kept.items.length > Number(form.dataset.mostLines);
document.getElementById("too-many").hidden = !isLong;
lines.hidden = isLong;
const { items = [], ...header } = kept;
const top_ = document.getElementById("header");
fill(top_, header);
[rest, top_.rest] = [isLong ? { ...top_.rest, items } : top_.rest, {}];
if (!isLong && Array.isArray(items)) for (const each of items.length ? items : [{}]) add(lines, each);
renumber();
form.dataset.ready = "yes";
