// Comfort only: every page works without it.

// Closes the open menu on Escape or a click elsewhere.
"use strict";
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  const menu = document.querySelector("details.menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});

// The summary on Settings refreshes itself: not while nobody looks, and only where it changed.
let lastSummary = "";
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const summary = event.detail.serverResponse;
  if (summary === lastSummary) event.detail.shouldSwap = false;
  lastSummary = summary;
});
