// Saves time where the browser runs scripts. Everything works without it.
"use strict";

// Before a page with unsaved changes is left, the browser asks.
for (const form of document.querySelectorAll("form[data-guard]")) {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

// What is written is saved twice a minute. When it cannot be, the line says so, and
// nothing more is saved until the writer does it.
for (const form of document.querySelectorAll("form[data-autosave]")) {
  const line = form.querySelector("[data-saved]");
  const every = Number(form.dataset.autosave) || 30000;
  let changed = false;
  let saving = null; // one at a time: each builds on the version that the last one gave
  let sending = false;
  const save = async () => {
    changed = false;
    const body = new URLSearchParams(new FormData(form));
    body.set("_auto", "1");
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "error", signal: AbortSignal.timeout(20000) });
      const told = await answer.json();
      if (line && told.text) line.textContent = told.text;
      if (answer.ok) {
        form.elements._version.value = told.version;
      } else {
        clearInterval(timer);
      }
    } catch {
      changed = true; // no net, or no login: it is tried again
    }
    saving = null;
  };
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", (event) => {
    clearInterval(timer);
    if (!saving) return;
    event.preventDefault();
    if (!sending) saving.then(() => form.requestSubmit(event.submitter));
    sending = true;
  });
  const timer = setInterval(() => {
    if (changed && !saving) saving = save();
  }, every);
}

// Characters left, below each text area that has a limit. What is shown
// follows every key; what is said aloud waits until the writer pauses.
for (const area of document.querySelectorAll("textarea[data-max]")) {
  const max = Number(area.dataset.max);
  const shown = document.createElement("p");
  shown.className = "f-counter";
  shown.setAttribute("aria-hidden", "true");
  const spoken = document.createElement("p");
  spoken.className = "f-hidden";
  spoken.setAttribute("role", "status");
  area.after(shown, spoken);
  let timer = 0;
  const count = () => {
    // A line break is sent as two characters and counted as one, as the server does.
    const left = max - [...area.value].length;
    const text = (left < 0 ? area.dataset.over : area.dataset.left).replace("{n}", String(Math.abs(left)));
    shown.textContent = text;
    shown.classList.toggle("f-counter--over", left < 0);
    clearTimeout(timer);
    timer = setTimeout(() => { spoken.textContent = text; }, 1000);
  };
  area.addEventListener("input", count);
  count();
}
