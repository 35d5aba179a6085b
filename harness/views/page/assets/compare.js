// What became of each square since an earlier run.
const picker = document.getElementById("with");
const onlyMoved = document.getElementById("moved");
const moved = new Map();

function buildPicker() {
  for (const run of data.earlier) {
    const differ = run.changes.length + run.programs.length;
    picker.append(make("option", { value: run.id }, `${run.id}, ${differ ? `${differ} differ` : "no difference"}`));
  }
  const left = data.earlier_left_out;
  const missing = data.earlier_unreadable.map((run) => `${run}, cannot be read`);
  if (left) missing.push(`${count(left, "earlier run is", "earlier runs are")} left out: together they are too large`);
  for (const why of missing) picker.append(make("option", { disabled: true }, why));
  if (!data.earlier.length) picker.options[0].textContent = "no earlier run of this matrix is in the same folder";
  picker.addEventListener("change", () => { state.with = picker.value; state.moved &&= state.with !== ""; changed(); });
  onlyMoved.addEventListener("change", () => { state.moved = onlyMoved.checked; changed(); });
}

const SIGNS = { better: "▲ better", worse: "▼ worse", other: "◆ changed" };
const tone = (better) => (better > 0 ? "better" : better < 0 ? "worse" : "other");

function unmark() {
  moved.clear();
  for (const mark of grid.querySelectorAll(".mark")) mark.remove();
  for (const cell of grid.querySelectorAll(".moved")) cell.classList.remove("moved");
  for (const cell of grid.querySelectorAll("td.gone")) { cell.classList.remove("gone"); cell.textContent = ""; }
}

function mark(change) {
  const [, number, kind, better, before] = change;
  if (number === null) return markGone(change);
  moved.set(number, change);
  const cell = data.cells[number];
  const now = cell.stage === undefined ? text(cell.status) : `${text(cell.status)} at ${text(cell.stage)}`;
  const was = kind === "added" || text(before) === now ? "" : `, was ${text(before)}`;
  const words = `${kind === "added" ? "+ added" : SIGNS[tone(better)]}${was}`;
  squares[number].classList.add("moved");
  buttons[number].append(make("span", { class: "mark" }, words));
}

// A square that is gone is said where it stood, when its row and its column are still there.
function markGone([id, , , , before]) {
  const row = data.rows.findIndex(([key]) => text(id).startsWith(`${key}/`));
  const column = row < 0 ? -1 : data.gateways.findIndex(({ name }) => text(id) === `${data.rows[row][0]}/${name}`);
  if (column < 0) return;
  const cell = gridRows[row].cells[column + 2];
  cell.classList.add("gone");
  cell.textContent = `gone, was ${text(before)}`;
}

// Squares of which the same is to be said, together.
function changeGroups(changes) {
  const groups = new Map();
  for (const change of changes) {
    const [, , kind, better, before, what] = change;
    const key = JSON.stringify([kind, better, kind === "gone" ? before : null, what]);
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  return [...groups.values()].map(changeGroup);
}

function changeGroup(changes) {
  const [[, , kind, better, before, what]] = changes;
  const words = what.map(text).join("; ") || (kind === "gone" ? `was ${text(before)}` : "not in that run");
  const names = changes.map(([id, number]) =>
    make("li", {}, number === null ? text(id) : button(data.cells[number].id, () => openCell(number))));
  return make("div", { class: `change ${tone(better)}` },
    make("h3", {}, `${kind === "changed" ? SIGNS[tone(better)] : kind}: ${words}`),
    make("details", changes.length <= 6 ? { open: true } : {}, make("summary", {}, count(changes.length, "cell", "cells")), make("ul", {}, names)));
}

// Cells of programs of which the same is to be said, together.
function programGroups(changes) {
  const groups = new Map();
  for (const [id, kind, better, what] of changes) {
    const words = `${kind === "changed" ? SIGNS[tone(better)] : kind}: ${what.map(text).join("; ")}`;
    const { names } = groups.get(words) ?? groups.set(words, { better, names: [] }).get(words);
    names.push(make("li", {}, text(id)));
  }
  return [...groups].map(([words, { better, names }]) =>
    make("div", { class: `change ${tone(better)}` }, make("h3", {}, words), make("ul", {}, names)));
}

function programsCompared(run) {
  if (!run.programs.length && !run.programs_unchanged) return [];
  const of = (kind) => run.programs.filter((change) => change[1] === kind).length;
  const sums = `Programs: ${of("changed")} changed, ${of("added")} added, ${of("gone")} gone, ${run.programs_unchanged} unchanged.`;
  return [make("p", {}, sums), ...programGroups(run.programs)];
}

function showComparison() {
  unmark();
  const run = data.earlier.find((each) => each.id === state.with);
  if (!run) { state.with = ""; state.moved = false; }
  picker.value = state.with;
  onlyMoved.checked = state.moved;
  onlyMoved.disabled = !run;
  grid.classList.toggle("comparing", Boolean(run));
  document.getElementById("compared").hidden = !run;
  if (!run) return;
  run.changes.forEach(mark);
  const of = (kind) => run.changes.filter((change) => change[2] === kind).length;
  const sums = `${of("changed")} changed, ${of("added")} added, ${of("gone")} gone, ${run.unchanged} unchanged (=).`;
  const unlike = run.unlike.length ? make("p", {}, `Not the same conditions: ${run.unlike.map(text).join("; ")}.`) : null;
  document.getElementById("compared-title").textContent = `Compared with ${run.id}`;
  document.getElementById("changes").replaceChildren(...(data.cells.length ? [make("p", {}, sums)] : []), ...(unlike ? [unlike] : []), ...changeGroups(run.changes), ...programsCompared(run));
}
