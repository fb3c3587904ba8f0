// Light, dark, or as the system says; remembered by this browser.

const KEPT = "theme"; // localStorage

export const THEMES = [["", "As the system says"], ["light", "Light"], ["dark", "Dark"]];

export const theme = () => localStorage.getItem(KEPT) || "";

export function setTheme(name) {
  if (name) localStorage.setItem(KEPT, name);
  else localStorage.removeItem(KEPT);
  apply();
}

function apply() {
  document.documentElement.dataset.theme = theme();
}

addEventListener("storage", (event) => { if (event.key === KEPT) apply(); }); // another tab chose
apply();
