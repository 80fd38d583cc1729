import { certificates, forgetKey, keepKey, keptKey } from "./signing.js";

const state = document.getElementById("key-state");
const file = document.getElementById("key-file");
const holder = state.dataset.holder;

const say = (what) => { state.textContent = state.dataset[what]; };

async function show() {
  const kept = await keptKey(holder);
  say(kept && certificates().some((each) => each.thumbprint === kept.thumbprint) ? "have" : "lack");
}

file.addEventListener("change", async () => {
  const chosen = file.files[0];
  if (!chosen) return;
  try {
    say((await keepKey(holder, await chosen.text())) ? "done" : "wrong");
  } catch (error) {
    // What a file holds that is no key is the reader's to mend; the reason stands in the console for who helps them.
    console.warn(error.name);
    say("unreadable");
  }
  file.value = "";
});

document.getElementById("key-forget").addEventListener("click", async () => {
  await forgetKey(holder);
  say("gone");
});

await show();
