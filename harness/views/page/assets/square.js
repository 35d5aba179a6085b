// The parts of an open square: verdict, stages with times, expected against observed.
const section = (title, ...content) => (content.flat().some(Boolean) ? [make("h3", {}, title), ...content.flat()] : []);
const list = (tag, lines) => (lines.length ? make(tag, {}, lines.map((line) => make("li", {}, text(line)))) : null);

function verdict(number, tone) {
  if (number === undefined || number === null) return null;
  const [[code, title, fault, sure, says, decides], because, steps] = data.verdicts[number];
  const blame = fault === null ? "nobody is at fault" : `at fault: ${text(fault)}`;
  return make("div", { class: `says ${tone}` },
    make("p", {}, make("b", {}, text(title)), `, ${blame}, ${text(sure)} [${text(code)}]`),
    make("p", {}, text(says)),
    because.length ? make("p", {}, "Because:") : null, list("ul", because),
    decides === null ? null : make("p", {}, "What would settle it: ", text(decides)),
    steps.length ? make("p", {}, "What to do, in this order:") : null, list("ol", steps));
}

function bar(seconds, longest, tone) {
  const width = longest > 0 ? Math.max((100 * seconds) / longest, 0.6) : 0;
  return make("td", { class: `bar ${tone}`, "aria-hidden": "true" },
    draw("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none" }, draw("rect", { x: 0, y: 0, width, height: 8 })));
}

const COMPARES = { "unexpected-fail": "nobody expected it", "unexpected-pass": "it passes, although the matrix file expects otherwise" };

function stages(cell) {
  const known = cell.stages === undefined ? [] : data.stages[cell.stages];
  if (!known.length) return [];
  const longest = Math.max(...cell.seconds);
  const rows = known.map(([name, status, reason, expected], number) => {
    const tone = text(status);
    const asExpected = text(expected) === "as-expected" && !["pass", "skipped", "unsupported"].includes(tone);
    const words = [text(reason), COMPARES[text(expected)] ?? (asExpected ? "as expected" : "")].filter(Boolean).join("; ");
    return make("tr", {}, make("th", { scope: "row" }, text(name)), make("td", { class: `status ${tone}` }, tone),
      make("td", { class: "number" }, duration(cell.seconds[number])), bar(cell.seconds[number], longest, tone), make("td", {}, words));
  });
  const drawn = table(["stage", "status", "time", "", "why"], rows);
  drawn.tHead.rows[0].cells[3].replaceWith(make("td", { class: "bar" }));
  return section("Stages", drawn);
}

function observations(cell) {
  const rows = (data.lists[cell.observed] ?? []).map(([what, expected, observed]) =>
    make("tr", {}, make("th", { scope: "row" }, text(what)), make("td", {}, text(expected)), make("td", {}, text(observed))));
  const well = text(cell.status) === "pass" ? make("p", {}, "All other checks came out as they should.") : null;
  return rows.length ? section("Expected and observed", table(["what", "expected", "observed"], rows), well) : [];
}

function links(cell) {
  const rules = data.lists[cell.links] ?? [];
  const items = rules.map(([reason, link]) => make("li", {}, `${text(reason)}: `, make("a", { href: text(link), rel: "noreferrer" }, text(link))));
  return items.length ? section("Where the expectation comes from", make("ul", {}, items)) : [];
}

function sinceThen(number) {
  const rows = data.earlier.map((run) => {
    const change = run.changes.find((each) => each[1] === number);
    const words = change === undefined ? "the same" : change[2] === "added" ? "not in that run" : text(change[4]);
    return make("tr", {}, make("th", { scope: "row" }, run.id), make("td", {}, words),
      make("td", {}, change === undefined ? "" : change[5].map(text).join("; ")));
  });
  const steady = data.earlier.every((run) => !run.changes.some((each) => each[1] === number));
  if (rows.length && steady) return section("In earlier runs", make("p", {}, `The same in ${count(rows.length, "earlier run", "earlier runs")}.`));
  return rows.length ? section("In earlier runs", table(["run", "result", "differences"], rows)) : [];
}
