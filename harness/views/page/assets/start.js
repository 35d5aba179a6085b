// Puts it together: the address says what is shown, and every change is written back to it.
const THEMES = { "": "as the system", light: "light", dark: "dark" };
const themeButton = document.getElementById("theme");

function showTheme() {
  if (state.theme) document.documentElement.dataset.theme = state.theme;
  else delete document.documentElement.dataset.theme;
  themeButton.textContent = `Colours: ${THEMES[state.theme]}`;
}

function changed() {
  showComparison();
  showMenus();
  applyFilters();
  showTheme();
  writeState();
}

function follow() {
  readState();
  const cell = cellNumbers.get(state.cell);
  changed();
  if (cell !== undefined) openCell(cell);
  else if (dialog.open) dialog.close();
}

themeButton.addEventListener("click", () => {
  const names = Object.keys(THEMES);
  state.theme = names[(names.indexOf(state.theme) + 1) % names.length];
  showTheme();
  writeState();
});
document.documentElement.classList.add("ready");
buildFilters();
buildPicker();
moveTo(0, false);
watchTimes();
keepClear();
addEventListener("resize", keepClear);
follow();
addEventListener("hashchange", follow);
addEventListener("pagehide", writeAddress);
