// Saves time where the browser runs scripts. Everything works without it.
"use strict";

// Before a page with unsaved changes is left, the browser asks.
for (const form of document.querySelectorAll("form[data-guard]")) {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
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
