// Makes a passkey, logs in or confirms with one, where the browser can. The form that says
// which, or that part of a form, stays hidden without this script; passwords and codes work
// without it.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

function text(buffer) {
	let all = "";
	for (const b of new Uint8Array(buffer)) all += String.fromCharCode(b);
	return btoa(all).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// The options of the server as the browser takes them: bytes for text.
function read(options) {
	options.challenge = bytes(options.challenge);
	if (options.user) options.user.id = bytes(options.user.id);
	for (const each of [...(options.excludeCredentials || []), ...(options.allowCredentials || [])]) each.id = bytes(each.id);
	return options;
}

// What the browser made, as the server takes it: text for bytes.
function written(made) {
	const r = made.response;
	const response = { clientDataJSON: text(r.clientDataJSON) };
	if (r.attestationObject) {
		response.attestationObject = text(r.attestationObject);
		response.transports = r.getTransports ? r.getTransports() : [];
	} else {
		response.authenticatorData = text(r.authenticatorData);
		response.signature = text(r.signature);
		response.userHandle = r.userHandle ? text(r.userHandle) : "";
	}
	return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} });
}

async function optionsOf(part) {
	if (part.dataset.options) return JSON.parse(part.dataset.options);
	const answer = await fetch(part.dataset.begin, { method: "POST" });
	if (!answer.ok) throw new Error("the shop answered " + answer.status);
	return answer.json();
}

function why(error, kind) {
	switch (error.name) {
	case "NotAllowedError":
		return "No passkey was used: it was cancelled, or took too long. You can try again.";
	case "InvalidStateError":
		return "This device has a passkey of your account already.";
	}
	return kind === "confirm" ? "That did not work in this browser." : "That did not work in this browser. You can log in with your password.";
}

for (const part of document.querySelectorAll("[data-passkey]")) {
	if (!window.PublicKeyCredential) continue;
	part.hidden = false;
	const form = part.closest("form");
	const button = part.querySelector("button");
	const problem = part.querySelector("[role=alert]");
	button.addEventListener("click", async () => {
		if (button.getAttribute("aria-disabled") || !form.reportValidity()) return;
		button.setAttribute("aria-disabled", "true");
		problem.textContent = "";
		try {
			const publicKey = read(await optionsOf(part));
			const made = part.dataset.passkey === "add" ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
			form.elements.credential.value = written(made);
			form.requestSubmit();
		} catch (error) {
			problem.textContent = why(error, part.dataset.passkey);
			button.removeAttribute("aria-disabled");
		}
	});
}
