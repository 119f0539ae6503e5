// Sends what is typed into the forms of the manual, and shows what came back.
"use strict";

const prefix = document.body.dataset.prefix;

function request(form) {
	let path = form.dataset.path;
	const query = new URLSearchParams(), headers = {};
	let body;
	for (const field of form.querySelectorAll("[data-in]")) {
		const value = field.value.trim();
		if (field.dataset.in === "path") path = path.replace("{" + field.name + "}", encodeURIComponent(value));
		if (value === "") continue;
		switch (field.dataset.in) {
		case "query":
			if (field.name === "options") new URLSearchParams(value).forEach((v, k) => query.append(k, v));
			else query.append(field.name, value);
			break;
		case "header": headers[field.name] = value; break;
		case "token": headers.Authorization = "Bearer " + value; break;
		case "body": body = value; headers["Content-Type"] = "application/json"; break;
		}
	}
	const search = query.toString();
	return [prefix + path + (search && "?" + search), {method: form.dataset.method, headers, body, credentials: "omit", cache: "no-store"}];
}

async function send(form) {
	const output = form.querySelector("output");
	const [address, options] = request(form);
	output.replaceChildren(pre(options.method + " " + address + "\n…"));
	try {
		const answer = await fetch(address, options);
		let text = await answer.text();
		try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* shown as it is */ }
		const headers = ["Location", "ETag", "RateLimit", "Retry-After", "X-Request-Id"].filter(name => answer.headers.get(name)).map(name => name + ": " + answer.headers.get(name) + "\n");
		output.replaceChildren(pre(options.method + " " + address + "\n" + answer.status + " " + answer.statusText + "\n" + headers.join("") + "\n" + text));
	} catch (error) {
		output.replaceChildren(pre(options.method + " " + address + "\nno answer: " + error.message));
	}
}

function pre(text) {
	const element = document.createElement("pre");
	element.tabIndex = 0;
	element.textContent = text;
	return element;
}

for (const form of document.querySelectorAll("form.try")) {
	form.addEventListener("submit", event => {
		event.preventDefault();
		send(form);
	});
}
