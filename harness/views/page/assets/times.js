// A dot for each square on one logarithmic axis, beside the numbers of its row or column.
const connects = data.cells.map((cell) => cell.connect ?? null);
const known = connects.filter((seconds) => seconds > 0);
const lowest = Math.log10(Math.min(...known));
const span = Math.log10(Math.max(...known)) - lowest || 1;
const along = (seconds) => `${(2 + (96 * (Math.log10(seconds) - lowest)) / span).toFixed(2)}%`;

function ticks() {
  const marks = [];
  for (let power = Math.ceil(lowest); power <= lowest + span; power += 1) marks.push(10 ** power);
  return marks;
}

function dot(cell, number) {
  const status = text(cell.status);
  const at = along(connects[number]);
  const title = draw("title", {});
  title.textContent = `${cell.id}: ${duration(connects[number])}, ${status}`;
  const shape = status === "pass" ? draw("circle", { cx: at, cy: "50%", r: 3.5 }) : draw("rect", { x: at, y: 7, width: 7, height: 7 });
  shape.setAttribute("class", status);
  shape.append(title);
  return shape;
}

function drawTimes() {
  if (!known.length) return;
  for (const axis of document.querySelectorAll(".axis")) {
    axis.replaceChildren(draw("svg", {}, ...ticks().map((seconds) => {
      const label = draw("text", { x: along(seconds), y: 13 });
      label.textContent = duration(seconds).replace(".0 ", " ").replace(".00 ", " ");
      return label;
    })));
  }
  for (const [by, place] of [["0", "row"], ["1", "column"]]) {
    const dots = new Map();
    data.cells.forEach((cell, number) => {
      if (connects[number] > 0) dots.set(cell[place], [...(dots.get(cell[place]) ?? []), dot(cell, number)]);
    });
    for (const cell of document.querySelectorAll(`table[data-by="${by}"] td.plot`)) {
      const lines = ticks().map((seconds) => draw("line", { x1: along(seconds), x2: along(seconds), y1: 0, y2: "100%" }));
      cell.replaceChildren(draw("svg", { "aria-hidden": "true" }, ...lines, ...(dots.get(Number(cell.dataset.number)) ?? [])));
    }
  }
}

// Not before somebody comes near, or prints.
function watchTimes() {
  const watching = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watching.disconnect();
    drawTimes();
  }, { rootMargin: "400px" });
  watching.observe(document.querySelector(".times"));
  addEventListener("beforeprint", drawTimes);
}
