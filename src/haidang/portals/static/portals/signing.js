// The key of an officer or of a party in this browser: kept in IndexedDB as a key that can sign and cannot be read out; and detached signatures
// over exact bytes (RFC 7797), as the lanes verify them.

const BASE = "haidang-keys";
const STORE = "keys";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };

function opened() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open(BASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

async function inStore(mode, act) {
  const base = await opened();
  try {
    return await new Promise((done, failed) => {
      const transaction = base.transaction(STORE, mode);
      const asked = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => done(asked.result);
      transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    base.close();
  }
}

export const keptKey = (holder) => inStore("readonly", (store) => store.get(holder));
export const forgetKey = (holder) => inStore("readwrite", (store) => store.delete(holder));

const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const fromBase64url = (text) => bytesOf(text.replaceAll("-", "+").replaceAll("_", "/"));

function base64url(bytes) {
  let text = "";
  for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function certificates() {
  return [...document.querySelectorAll("data.certificate")].map((each) => ({ thumbprint: each.value, spki: each.dataset.spki }));
}

// Takes the text of a PKCS#8 file; returns the thumbprint of the certificate the key belongs to, "" when it fits none of the holder's.
export async function keepKey(holder, pem) {
  const body = /-{5}BEGIN PRIVATE KEY-{5}([A-Za-z0-9+/=\s]+)-{5}END PRIVATE KEY-{5}/.exec(pem);
  if (!body) throw new Error("no PKCS#8 key");
  const key = await crypto.subtle.importKey("pkcs8", bytesOf(body[1].replace(/\s/g, "")), ALGORITHM, false, ["sign"]);
  const probe = crypto.getRandomValues(new Uint8Array(32));
  const signature = await crypto.subtle.sign(SIGNING, key, probe);
  for (const each of certificates()) {
    const known = await crypto.subtle.importKey("spki", fromBase64url(each.spki), ALGORITHM, false, ["verify"]);
    if (await crypto.subtle.verify(SIGNING, known, signature, probe)) {
      await inStore("readwrite", (store) => store.put({ key, thumbprint: each.thumbprint }, holder));
      return each.thumbprint;
    }
  }
  return "";
}

export async function sign(kept, bytes) {
  const members = { alg: "ES256", b64: false, crit: ["b64"], "x5t#S256": kept.thumbprint };
  const header = base64url(new TextEncoder().encode(JSON.stringify(members)));
  const prefix = new TextEncoder().encode(header + ".");
  const covered = new Uint8Array(prefix.length + bytes.length);
  covered.set(prefix);
  covered.set(bytes, prefix.length);
  return `${header}..${base64url(await crypto.subtle.sign(SIGNING, kept.key, covered))}`;
}

export async function sha256Hex(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
