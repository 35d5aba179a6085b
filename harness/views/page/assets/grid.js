// The squares that the page came with: which button is which cell, and moving among them by keys.
const grid = document.getElementById("grid");
const buttons = [...grid.querySelectorAll("tbody button")];
const squares = buttons.map((element) => element.parentElement);
const numberOf = new Map(buttons.map((element, number) => [element, number]));
const gridRows = [...grid.tBodies[0].rows];
const gridHeads = [...grid.tHead.rows[0].cells].slice(2);
const shownCells = data.cells.map(() => true);
let current = 0;

// Heads that stay in sight must not cover the square that has the focus.
function keepClear() {
  const corner = grid.tHead.rows[0].cells[0];
  const frame = document.getElementById("scroll").style;
  frame.scrollPaddingTop = `${corner.offsetHeight + 2}px`;
  frame.scrollPaddingLeft = `${corner.offsetWidth + 2}px`;
}

// Rows are laid out as grids, so what each part of the table is must be said.
grid.setAttribute("role", "grid");
for (const group of grid.querySelectorAll("thead, tbody")) group.setAttribute("role", "rowgroup");
for (const row of grid.rows) {
  row.setAttribute("role", "row");
  for (const cell of row.cells) cell.setAttribute("role", cell.tagName === "TD" ? "gridcell" : cell.scope === "col" ? "columnheader" : "rowheader");
}

function moveTo(number, focus = true) {
  if (number < 0 || number >= buttons.length) return;
  buttons[current].tabIndex = -1;
  current = number;
  buttons[current].tabIndex = 0;
  if (focus) {
    buttons[current].focus();
    squares[current].scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

// The nearest shown square from here: along the row or along the column, or -1.
function nearest(rows, columns, whole) {
  const here = data.cells[current];
  let found = -1;
  data.cells.forEach((cell, number) => {
    const down = (cell.row - here.row) * rows;
    const across = (cell.column - here.column) * columns;
    const ahead = rows ? cell.column === here.column && down > 0 : cell.row === here.row && across > 0;
    if (!ahead || !shownCells[number]) return;
    const best = found < 0 ? null : data.cells[found];
    const further = best && (cell.row - best.row) * rows + (cell.column - best.column) * columns > 0;
    if (!best || further === whole) found = number;
  });
  return found;
}

const STEPS = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };

function target(event) {
  if (event.key in STEPS) return nearest(...STEPS[event.key], event.ctrlKey);
  if (event.key === "Home") return event.ctrlKey ? shownCells.indexOf(true) : nearest(0, -1, true);
  if (event.key === "End") return event.ctrlKey ? shownCells.lastIndexOf(true) : nearest(0, 1, true);
  return null;
}

grid.addEventListener("keydown", (event) => {
  if (!numberOf.has(event.target) || event.altKey || event.metaKey) return;
  const number = target(event);
  if (number === null) return;
  event.preventDefault();
  moveTo(number);
});
grid.addEventListener("focusin", (event) => {
  const number = numberOf.get(event.target);
  if (number !== undefined && number !== current) moveTo(number, false);
});
grid.addEventListener("click", (event) => {
  const number = numberOf.get(event.target.closest("button"));
  if (number !== undefined) openCell(number);
});
