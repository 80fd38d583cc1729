// Signs exactly the bytes of a message with the key in this browser and posts bytes and signature; whatever comes back is shown where the page says.

import { certificates, keptKey, sign } from "./signing.js";

// `place` is the element whose data-* hold the sayings of the page; `answer` where outcomes are shown.
export class Sender {
  constructor(place, answer) {
    this.place = place;
    this.answer = answer;
  }

  say(text, problem = false) {
    const box = document.createElement("p");
    box.className = problem ? "problem" : "note";
    box.textContent = text;
    this.answer.replaceChildren(box);
  }

  async key() {
    const kept = await keptKey(this.place.dataset.holder);
    if (kept && certificates().some((each) => each.thumbprint === kept.thumbprint)) return kept;
    this.say(this.place.dataset.noKey, true);
    return null;
  }

  // Shows the bytes to who signs them, signs, posts; returns the outcome as shown, or null when nothing is known.
  async sendSigned(address, message) {
    const kept = await this.key();
    if (!kept) return null;
    this.say(this.place.dataset.signing);
    const text = JSON.stringify(message);
    document.getElementById("bytes").textContent = text;
    document.getElementById("signed").hidden = false;
    const bytes = new TextEncoder().encode(text);
    return this.post(address, bytes, { "X-JWS-Signature": await sign(kept, bytes) });
  }

  async post(address, body, headers = {}) {
    const reply = await this.fetch(address, body, headers);
    const shown = new DOMParser().parseFromString(await reply.text(), "text/html").querySelector("[data-outcome]");
    if (!shown) {
      this.say(this.place.dataset[reply.redirected ? "loggedOut" : "unreachable"], true);
      return null;
    }
    this.answer.replaceChildren(shown);
    return shown;
  }

  fetch(address, body, headers = {}) {
    const form = this.place.querySelector("[name=csrfmiddlewaretoken]").value;
    return fetch(address, { method: "POST", headers: { "Content-Type": "application/octet-stream", "X-CSRFToken": form, ...headers }, body });
  }

  // Runs one act of a button: the button rests meanwhile, and whoever listens hears the end of it.
  async run(button, act) {
    button.disabled = true;
    try {
      await act();
    } catch (error) {
      console.warn(error.name, error.message);
      this.say(this.place.dataset.unreachable, true);
    } finally {
      button.disabled = false;
      this.answer.focus();
    }
  }
}
