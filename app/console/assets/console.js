// Asks for the page again when something was measured, and shows what is new of it.
"use strict";
(() => {
	const parts = () => document.querySelectorAll("[data-live]");
	if (!parts().length || !window.EventSource) return;
	let asking = false, again = false;
	const refresh = async () => {
		if (document.hidden) return;
		if (asking) { again = true; return; }
		asking = true;
		try {
			const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "manual" });
			if (!answer.ok) { if (answer.type === "opaqueredirect" || answer.status === 401) location.reload(); return; }
			const page = new DOMParser().parseFromString(await answer.text(), "text/html");
			for (const part of parts()) {
				const next = page.getElementById(part.id);
				if (!next || next.innerHTML === part.innerHTML) continue;
				const open = [...part.querySelectorAll("details[open]")].map(d => d.id);
				const focus = part.contains(document.activeElement) ? document.activeElement : null;
				const at = focus && (focus.id || focus.getAttribute("href"));
				part.replaceChildren(...next.childNodes);
				for (const id of open) if (id) document.getElementById(id)?.setAttribute("open", "");
				if (at) [...part.querySelectorAll("a,[id]")].find(e => e.id === at || e.getAttribute("href") === at)?.focus({ preventScroll: true });
			}
		} catch { /* the next look tries again */ } finally {
			asking = false;
			if (again) { again = false; setTimeout(refresh, 500); }
		}
	};
	let stream;
	const listen = () => {
		stream = new EventSource("/console/live");
		stream.addEventListener("look", e => { if (e.data !== "0") refresh(); });
	};
	document.addEventListener("visibilitychange", () => {
		if (document.hidden) { stream?.close(); } else { listen(); refresh(); }
	});
	listen();
})();
