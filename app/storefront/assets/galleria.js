// What the shop does better with a script. Nothing here is needed: without it
// every form posts and every link goes where it says.
"use strict";

// Adding to the cart stays on the page: the server answers the form as always
// (303 to the cart) and leaves the new count in a cookie.
const badge = document.querySelector("[data-cart-count]");

function showCount() {
	const kept = document.cookie.match(/(?:^|; )__Host-cart_count=(\d{1,4})(?:\.([\w-]+))?/) || document.cookie.match(/(?:^|; )cart_count=(\d{1,4})(?:\.([\w-]+))?/);
	const count = kept ? Number(kept[1]) : 0;
	badge.textContent = count > 99 ? "99+" : String(count);
	badge.hidden = count === 0;
	badge.nextElementSibling.hidden = count === 0;
	// The view changes with the cart: the next press of the button is another one.
	const view = document.querySelector("input[name=view]");
	if (view && kept && kept[2]) view.value = kept[2];
}

// Adding stays on the page, and may be done before the second press of a double click:
// that is none of its own.
document.addEventListener("click", (event) => {
	const button = event.target.closest("form[data-add] button[type=submit]");
	if (button && event.detail > 1) event.preventDefault();
});

let toastTimer;

function toast(text) {
	let box = document.querySelector(".toast");
	if (!box) {
		box = document.createElement("div");
		box.className = "toast";
		box.setAttribute("role", "status");
		document.body.append(box);
	}
	const link = document.createElement("a");
	link.href = "/cart";
	link.textContent = "View cart";
	// A live region speaks when its content changes, so it is filled a moment
	// after it is there.
	box.hidden = false;
	requestAnimationFrame(() => box.replaceChildren(text, link));
	clearTimeout(toastTimer);
	toastTimer = setTimeout(() => { box.hidden = true; }, 6000);
}

async function addToCart(form, button) {
	const label = button.textContent;
	button.textContent = "Adding…";
	let answer;
	try {
		answer = await fetch(form.action, {
			method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual",
		});
	} catch {
		answer = null;
	}
	button.textContent = label;
	delete form.dataset.sent;
	button.removeAttribute("aria-disabled");
	if (answer && answer.type === "opaqueredirect") {
		showCount();
		toast(`${form.dataset.name} is in your cart.`);
		return;
	}
	// Refused, so nothing was added: the page the server shows says why.
	form.dataset.sent = "yes";
	form.submit();
}

// A form in flight is not sent a second time.
document.addEventListener("submit", (event) => {
	const form = event.target;
	if (form.method !== "post") return;
	if (form.dataset.sent) {
		event.preventDefault();
		return;
	}
	form.dataset.sent = "yes";
	const button = event.submitter || form.querySelector("button");
	if (button) button.setAttribute("aria-disabled", "true");
	if (form.hasAttribute("data-add")) {
		event.preventDefault();
		addToCart(form, button);
	} else if (button && button.dataset.busy) {
		button.textContent = button.dataset.busy;
	}
});

// A page that comes back from the browser's memory is ready to be sent again,
// and shows what the cart holds now.
window.addEventListener("pageshow", (event) => {
	if (!event.persisted) return;
	for (const form of document.querySelectorAll("form[data-sent]")) {
		delete form.dataset.sent;
		for (const button of form.querySelectorAll("[aria-disabled]")) {
			button.removeAttribute("aria-disabled");
			if (button.dataset.rest) button.textContent = button.dataset.rest;
		}
	}
	showCount();
});

// A page from the browser's store may be older than the cart.
showCount();

for (const button of document.querySelectorAll("[data-busy]")) button.dataset.rest = button.textContent;

// Plus and minus beside quantities.
for (const stepper of document.querySelectorAll(".stepper")) {
	const input = stepper.querySelector("input");
	const step = (by, sign, name) => {
		const button = document.createElement("button");
		button.type = "button";
		button.textContent = sign;
		button.setAttribute("aria-label", name);
		button.addEventListener("click", () => {
			const was = input.value;
			if (by > 0) input.stepUp();
			else input.stepDown();
			if (input.value !== was) input.dispatchEvent(new Event("change", { bubbles: true }));
		});
		return button;
	};
	stepper.prepend(step(-1, "−", "One less"));
	stepper.append(step(1, "+", "One more"));
	stepper.classList.add("live");
}

// A changed quantity or order of a list needs no button.
for (const form of document.querySelectorAll("form[data-live]")) {
	const button = form.querySelector("button[type=submit]");
	if (button) button.hidden = true;
	let timer;
	form.addEventListener("change", () => {
		clearTimeout(timer);
		timer = setTimeout(() => { if (form.reportValidity()) form.requestSubmit(); }, 350);
	});
}
for (const select of document.querySelectorAll("select[data-live]")) {
	select.addEventListener("change", () => select.form.requestSubmit());
}

// Times in the reader's own zone.
for (const time of document.querySelectorAll("time[data-local]")) {
	const at = new Date(time.dateTime);
	if (!Number.isNaN(at.getTime())) {
		time.textContent = at.toLocaleString("en-GB", { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
	}
}

// After a refused form the reader starts at what is wrong.
const summary = document.querySelector("[data-errors]");
if (summary) summary.focus();
