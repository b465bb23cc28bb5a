/**
 * Passkeys: hands the server's question to the browser, and the browser's answer to the form.
 * Leaves every check to the server. Binary values travel as base64url, as in the WebAuthn text.
 */

const toBytes = (text) => {
  const base64 = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
};

const toText = (buffer) => {
  let signs = "";
  for (const byte of new Uint8Array(buffer)) signs += String.fromCharCode(byte);
  return btoa(signs).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};

const withBytes = (list) => (list ?? []).map((one) => ({ ...one, id: toBytes(one.id) }));

/** The options of `navigator.credentials`, from the JSON of the page. */
export function question({ publicKey }) {
  const asked = { ...publicKey, challenge: toBytes(publicKey.challenge) };
  if (asked.user) asked.user = { ...asked.user, id: toBytes(asked.user.id) };
  if (asked.excludeCredentials) asked.excludeCredentials = withBytes(asked.excludeCredentials);
  if (asked.allowCredentials) asked.allowCredentials = withBytes(asked.allowCredentials);
  return { publicKey: asked };
}

/** The browser's answer as the JSON that the server reads. */
export function answer(credential) {
  const { response } = credential;
  const sent = { clientDataJSON: toText(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) sent[name] = toText(response[name]);
  }
  if (response.getTransports) sent.transports = response.getTransports();
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: sent,
  };
}

const REASONS = {
  NotAllowedError: "La demande a été refusée ou a expiré. Vous pouvez recommencer.",
  InvalidStateError: "Cette clé est déjà enrôlée sur votre compte.",
  SecurityError: "Ce navigateur n’accepte pas de clé d’accès à cette adresse : utilisez un code.",
};

async function ask(form, options) {
  const status = form.querySelector("[data-passkey-status]");
  status.textContent = "Suivez ce que demande votre appareil…";
  try {
    const credential = await navigator.credentials[form.dataset.passkey](question(options));
    form.elements.credential.value = JSON.stringify(answer(credential));
    form.submit();
  } catch (fault) {
    status.textContent = REASONS[fault.name] ?? "La clé d’accès n’a pas répondu.";
  }
}

/** Bring the buttons of passkeys to life, where the browser has them. */
export function enhancePasskeys(root) {
  for (const form of root.querySelectorAll("form[data-passkey]")) {
    const button = form.querySelector("[data-passkey-start]");
    const options = JSON.parse(form.querySelector("script[type='application/json']").textContent);
    if (!window.PublicKeyCredential) {
      button.disabled = true;
      form.querySelector("[data-passkey-status]").textContent =
        "Ce navigateur, ou cette adresse, ne connaît pas les clés d’accès : utilisez un code.";
      continue;
    }
    button.addEventListener("click", () => ask(form, options));
  }
}
