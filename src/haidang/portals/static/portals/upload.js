// Hands a file to be read, shows what must be mended in it, and gives it back marked. The file stays in the browser until it is right.

import { Sender } from "./sending.js";

const form = document.getElementById("upload");
const sender = new Sender(form, document.getElementById("answer"));
const party = () => document.getElementById("upload-party").selectedOptions[0].dataset;
const chosen = () => document.getElementById("file").files[0];

async function read(query = "") {
  const file = chosen();
  if (file.size > Number(form.dataset.most)) {
    sender.say(form.dataset.tooLarge, true);
    return;
  }
  sender.say(form.dataset.reading);
  const shown = await sender.post(party().convert + query, file);
  if (shown?.dataset.goto) location.assign(shown.dataset.goto);
  shown?.querySelector("#mark")?.addEventListener("click", (event) => sender.run(event.target, mark));
  shown?.querySelector("#mend")?.addEventListener("click", (event) => sender.run(event.target, () => read("?keep=1")));
}

async function mark() {
  const file = chosen();
  const reply = await sender.fetch(party().mark, file);
  if (!reply.headers.get("Content-Type").includes("spreadsheet")) {
    const shown = new DOMParser().parseFromString(await reply.text(), "text/html").querySelector("[data-outcome]");
    if (shown) sender.answer.replaceChildren(shown);
    return;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await reply.blob());
  link.download = file.name.replace(/\.[^.]*$/, "") + ".findings.xlsx";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  sender.run(document.getElementById("read"), () => read());
});
