// Quickens what works without it.
"use strict";

const PAUSE_MS = 150;
const SHORTEST = 2;
const AGAIN_MS = 2000;

for (const input of document.querySelectorAll("input[data-suggest]")) {
  const list = document.createElement("datalist");
  list.id = `${input.id}-suggestions`;
  input.after(list);
  input.setAttribute("list", list.id);
  let timer;
  let asked = "";
  input.addEventListener("input", () => {
    clearTimeout(timer);
    const text = input.value.trim();
    if (text.length < SHORTEST || text === asked) return;
    timer = setTimeout(async () => {
      asked = text;
      try {
        const reply = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(text)}`);
        if (!reply.ok || asked !== text) return;
        const { suggestions } = await reply.json();
        list.replaceChildren(...suggestions.map((name) => Object.assign(document.createElement("option"), { value: name })));
      } catch {
        // Without suggestions the search itself still works.
      }
    }, PAUSE_MS);
  });
}

// A place is chosen from the top down: each choice fetches what lies in it, so the form need not be sent for that.
for (const holder of document.querySelectorAll("[data-places]")) {
  holder.addEventListener("change", async (event) => {
    const level = event.target.closest(".field");
    while (level.nextElementSibling) level.nextElementSibling.remove();
    const number = Number(event.target.name.split("-")[1]) + 1;
    if (!event.target.value) return;
    try {
      const reply = await fetch(`${holder.dataset.places}?in=${encodeURIComponent(event.target.value)}`);
      const { places, label, choose } = await reply.json();
      if (!places.length) return;
      const next = level.cloneNode(true);
      const select = next.querySelector("select");
      select.id = select.name = `place-${number}`;
      const words = next.querySelector("label");
      words.htmlFor = select.id;
      words.textContent = label;
      const option = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });
      select.replaceChildren(option("", choose), ...places.map(({ code, name }) => option(code, name)));
      level.after(next);
    } catch {
      // Without it the button below shows the next list.
    }
  });
}

// How far a job is, is asked again while it goes on; where the reader is stays. What it ended with, or the job that
// follows it, takes the page's place.
async function goOn() {
  const going = document.querySelector("[data-going-on]");
  if (!going) return;
  try {
    const reply = await fetch(location.href);
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    if (page.querySelector("[data-going-on]")?.dataset.goingOn === going.dataset.goingOn) {
      for (const part of ["main [role=status]", "[data-going-on] .number"]) {
        const [before, after] = [document.querySelector(part), page.querySelector(part)];
        if (before.textContent !== after.textContent) before.textContent = after.textContent;
      }
      document.querySelector("[data-going-on] progress").replaceWith(page.querySelector("[data-going-on] progress"));
    } else if (reply.ok) {
      const main = document.querySelector("main");
      const inside = main.contains(document.activeElement);
      main.replaceWith(page.querySelector("main"));
      if (inside) document.querySelector("main").focus();
    }
  } catch {
    // Without an answer it is asked again; the link asks too.
  }
  setTimeout(goOn, AGAIN_MS);
}
setTimeout(goOn, AGAIN_MS);
