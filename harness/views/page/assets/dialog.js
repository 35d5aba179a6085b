// A square, opened.
const dialog = document.getElementById("square");
let last = 0;

function openCell(number) {
  const cell = data.cells[number];
  const status = text(cell.status);
  const row = rowOf(cell);
  const step = (by, name) => button(by < 0 ? "←" : "→", () => {
    let next = number + by;
    while (next in data.cells && !shownCells[next]) next += by;
    if (!(next in data.cells)) return;
    openCell(next);
    dialog.querySelector(`[aria-label="${name}"]`).focus(); // of the new square: the old button is gone
  }, { "aria-label": name });
  const title = `${row.library} ${row.version} on Python ${row.python}, ${gatewayOf(cell).name}`;
  const head = make("div", { class: `head ${status}` },
    make("div", {}, make("h2", { id: "square-title" }, title),
      make("p", {}, `${data.statuses[status][0]} ${text(cell.standing)}`)),
    make("div", { class: "moves" }, step(-1, "the previous cell"), step(1, "the next cell"),
      button("Close", () => dialog.close(), { autofocus: true })));
  const more = (cell.also ?? []).map((line) => make("p", {}, text(line)));
  const body = make("div", { class: "body" },
    cell.reason === undefined || cell.verdict !== undefined ? null : section("Why", make("p", {}, text(cell.reason))),
    verdict(cell.verdict, status) ? section("Verdict", verdict(cell.verdict, status)) : null,
    section("Also", more), ...(cell.verdicts ?? []).flatMap(([name, number]) => section(`Verdict on ${text(name)}`, verdict(number, ""))), rerun(cell), stages(cell), observations(cell), links(cell), sinceThen(number), notices(cell),
    spoken(cell, String(number)), made(cell), files(cell));
  dialog.replaceChildren(head, body);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  moveTo(number, false);
  last = number;
  state.cell = cell.id;
  writeState();
}

dialog.addEventListener("close", () => {
  state.cell = "";
  writeState();
  moveTo(last); // the browser itself gives the focus back to the square that was opened first
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close(); // the backdrop
});
