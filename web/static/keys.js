// Quickens what works without it: keys that lead through a case, and texts that begin a decision.
"use strict";

const HELD = "ondiris.keys";

// Single keys can be in the way of who speaks to the browser or types without aim: they are off until they are asked for.
for (const list of document.querySelectorAll("[data-keys]")) {
  const line = Object.assign(document.createElement("p"), { className: "tick" });
  const box = Object.assign(document.createElement("input"), { type: "checkbox", id: "keys-on" });
  box.checked = localStorage.getItem(HELD) === "on";
  box.addEventListener("change", () => localStorage.setItem(HELD, box.checked ? "on" : "off"));
  const label = Object.assign(document.createElement("label"), { htmlFor: box.id, textContent: list.dataset.keys });
  line.append(box, label);
  list.before(line);
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || localStorage.getItem(HELD) !== "on") return;
  const wanted = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!wanted) return;
  event.preventDefault();
  if (wanted.matches("a, input, summary")) wanted.click();
  wanted.focus();
  wanted.scrollIntoView({ block: "nearest" });
});

for (const words of document.querySelectorAll("[data-template]")) {
  const field = document.getElementById(words.dataset.template);
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "secondary",
    textContent: words.textContent.trim(),
  });
  button.addEventListener("click", () => {
    field.value = [field.value.trim(), words.dataset.words].filter(Boolean).join("\n");
    field.focus();
  });
  words.dataset.words = words.textContent.trim();
  words.replaceChildren(button);
}
