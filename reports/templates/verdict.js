"use strict";
(() => {
  const all = (query) => [...document.querySelectorAll(query)];
  const one = (id) => document.getElementById(id);
  const tests = all(".test");
  const different = (listed) => new Set(listed.map((test) => test.dataset.test)).size;
  const capabilities = all("details.capability");
  const open = new Map(capabilities.map((item) => [item, item.open]));
  const words = one("words");
  const choices = all("[data-choice]");
  const texts = new Map();
  const total = different(tests);
  let choice = "";

  const text = (test) => {
    if (!texts.has(test)) texts.set(test, `${test.closest(".capability").id} ${test.textContent}`.toLowerCase());
    return texts.get(test);
  };
  const chosen = (test) =>
    !choice || (choice === "flagged" ? "flagged" in test.dataset : test.dataset.outcome === choice);

  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const all_shown = !choice && !wanted.length;
    for (const test of tests) {
      test.hidden = !(chosen(test) && wanted.every((word) => text(test).includes(word)));
    }
    const shown = different(tests.filter((test) => !test.hidden));
    for (const item of capabilities) {
      item.hidden = !all_shown && !item.querySelector(".test:not([hidden])");
      item.open = all_shown ? open.get(item) : !item.hidden;
    }
    for (const part of all(".status-part")) part.hidden = !part.querySelector(".capability:not([hidden])");
    one("nothing").hidden = all_shown || shown > 0;
    one("shown").textContent = all_shown ? `${total} tests` : `${shown} of ${total} tests`;
  };

  const show_all = () => {
    choice = "";
    words.value = "";
    for (const button of choices) button.setAttribute("aria-pressed", String(!button.dataset.choice));
    filter();
  };

  const reveal = () => {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { /* it is taken as it stands */ }
    const target = name && one(name);
    if (!target) return;
    if (target.closest("[hidden]")) show_all();
    for (let item = target; item; item = item.parentElement) if (item.tagName === "DETAILS") item.open = true;
    target.scrollIntoView();
  };

  for (const button of choices) {
    button.addEventListener("click", () => {
      choice = button.dataset.choice;
      for (const other of choices) other.setAttribute("aria-pressed", String(other === button));
      filter();
    });
  }
  let waiting = 0;
  words.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  one("filter").addEventListener("submit", (event) => event.preventDefault());
  one("unfold").addEventListener("click", () => {
    for (const item of [...capabilities, ...tests]) if (!item.hidden) item.open = true;
  });
  one("fold").addEventListener("click", () => {
    for (const item of [...tests, ...capabilities]) item.open = false;
  });
  one("copy").addEventListener("click", async () => {
    const range = document.createRange();
    range.selectNodeContents(one("again"));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    try {
      await navigator.clipboard.writeText(one("again").textContent);
      one("copy").textContent = "copied";
    } catch {
      one("copy").textContent = "selected";
    }
  });
  one("filter").hidden = false;
  one("copy").hidden = false;
  addEventListener("hashchange", reveal);
  reveal();
})();
