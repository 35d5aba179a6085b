// Menus of what the run has, and hiding what is not asked for.
const VALUES = {
  library: (cell) => rowOf(cell).library,
  version: (cell) => `${rowOf(cell).library} ${rowOf(cell).version}`,
  python: (cell) => rowOf(cell).python,
  gateway: (cell) => gatewayOf(cell).name,
  status: (cell) => text(cell.status),
  fault: (cell) => text(cell.fault) || "nobody",
  expected: (cell) => text(cell.expected),
};
const TITLES = { library: "Library", version: "Version", python: "Python", gateway: "Gateway", status: "Status", fault: "At fault", expected: "Expected" };
const values = Object.fromEntries(FILTERS.map((name) => [name, data.cells.map(VALUES[name])]));
const menus = {};

function menu(name) {
  const counts = new Map();
  for (const value of values[name]) counts.set(value, (counts.get(value) ?? 0) + 1);
  const boxes = [...counts].map(([value, number]) => {
    const box = make("input", { type: "checkbox", value });
    return { value, box, label: make("label", {}, box, value, make("span", {}, String(number))) };
  });
  const summary = make("summary", {}, TITLES[name]);
  const fields = make("fieldset", {}, make("legend", { class: "unseen" }, TITLES[name]), boxes.map((each) => each.label));
  const details = make("details", {}, summary, fields);
  fields.addEventListener("change", () => {
    state[name] = new Set(boxes.filter((each) => each.box.checked).map((each) => each.value));
    changed();
  });
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    summary.focus();
  });
  details.addEventListener("toggle", () => {
    if (details.open) for (const other of Object.values(menus)) if (other.details !== details) other.details.open = false;
  });
  return { details, summary, boxes };
}

function buildFilters() {
  const place = document.getElementById("filters");
  for (const name of FILTERS) {
    menus[name] = menu(name);
    place.append(menus[name].details);
  }
  place.append(button("Show all", () => {
    for (const name of FILTERS) state[name].clear();
    state.moved = false;
    changed();
  }, { id: "all", class: "tool" }));
  document.addEventListener("click", (event) => {
    for (const { details } of Object.values(menus)) if (details.open && !details.contains(event.target)) details.open = false;
  });
}

function showMenus() {
  let any = false;
  for (const [name, { summary, boxes }] of Object.entries(menus)) {
    for (const { value, box } of boxes) box.checked = state[name].has(value);
    const chosen = state[name].size;
    any ||= chosen > 0;
    summary.classList.toggle("on", chosen > 0);
    summary.textContent = chosen ? `${TITLES[name]}: ${chosen === 1 ? [...state[name]][0] : chosen}` : TITLES[name];
  }
  document.getElementById("all").hidden = !any && !state.moved;
}

const matches = (number) => FILTERS.every((name) => state[name].size === 0 || state[name].has(values[name][number]))
  && (!state.moved || moved.has(number));

// What goes with its row or column needs no change of its own.
const emptied = data.cells.map(() => false);

// Rows and columns that are left without a square go; elsewhere a square that is not asked for leaves its place empty.
function applyFilters() {
  const rows = new Set();
  const columns = new Set();
  let left = 0;
  data.cells.forEach((cell, number) => {
    shownCells[number] = matches(number);
    if (!shownCells[number]) return;
    left += 1;
    rows.add(cell.row);
    columns.add(cell.column);
  });
  hideColumns(columns);
  gridRows.forEach((row, number) => { row.classList.toggle("gone", !rows.has(number)); });
  data.cells.forEach((cell, number) => {
    if (emptied[number] === shownCells[number] && rows.has(cell.row) && columns.has(cell.column)) {
      emptied[number] = squares[number].classList.toggle("out", !shownCells[number]);
    }
  });
  document.getElementById("found").textContent = left === data.cells.length
    ? count(left, "cell", "cells") : `${left.toLocaleString("en")} of ${count(data.cells.length, "cell", "cells")}`;
  if (!shownCells[current]) moveTo(shownCells.indexOf(true), false);
}

function hideColumns(shown) {
  gridHeads.forEach((head, column) => {
    if (head.hidden === !shown.has(column)) return;
    head.hidden = !shown.has(column);
    for (const row of gridRows) row.cells[column + 2].hidden = head.hidden;
  });
}
