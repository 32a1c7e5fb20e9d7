"use strict";
(() => {
  const id = (name) => document.getElementById(name);
  const changes = [...document.querySelectorAll(".change")];
  const groups = [...document.querySelectorAll(".group")];
  const total = changes.length;

  function reveal() {
    const found = location.hash.length > 1 && id(location.hash.slice(1));
    if (found && found.matches("details")) {
      if (found.hidden) reset();
      found.open = true;
      found.scrollIntoView();
    }
  }

  // Paper has no triangles to click on; what was folded is folded again afterwards.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => {
    folded.forEach((one) => { one.open = false; });
    folded = [];
  });

  const box = id("filters");
  const search = id("search");
  const selects = ["tenant", "kind", "action", "cause", "risk", "verdict"].map(id).filter(Boolean);
  let texts = null;

  function fits(one, words) {
    for (const select of selects) {
      if (!select.value) continue;
      const value = one.dataset[select.id] ?? (select.id === "verdict" ? "allowed" : "");
      if (select.value === "*" ? !value : !value.split(" ").includes(select.value)) return false;
    }
    return words.every((word) => texts.get(one).includes(word));
  }

  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length && !texts) texts = new Map(changes.map((one) => [one, one.textContent.toLowerCase()]));
    let seen = 0;
    for (const one of changes) {
      one.hidden = !fits(one, words);
      if (!one.hidden) seen += 1;
    }
    for (const group of groups) group.hidden = !group.querySelector(".change:not([hidden])");
    const count = (number) => number.toLocaleString("en");
    id("shown").textContent = seen === total
      ? `${count(total)} change${total === 1 ? "" : "s"}`
      : `${count(seen)} of ${count(total)} changes`;
  }

  function reset() {
    search.value = "";
    selects.forEach((select) => { select.value = ""; });
    apply();
  }

  function fold(open) {
    for (const one of changes) if (!one.hidden) one.open = open;
  }

  if (box) {
    box.hidden = false;
    id("unscripted").hidden = true;
    let waiting = 0;
    search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(apply, total > 500 ? 150 : 0);
    });
    selects.forEach((select) => select.addEventListener("change", apply));
    id("reset").addEventListener("click", () => { reset(); search.focus(); });
    id("unfold").addEventListener("click", () => fold(true));
    id("fold").addEventListener("click", () => fold(false));
    apply();
  }
  addEventListener("hashchange", reveal);
  reveal();
})();
