// The parts of an open square that are evidence: callbacks, log, wire, files, and how to run it again.
const place = (cell) => `cells/${cell.id.split("/").map(encodeURIComponent).join("/")}`;
const showCommand = (cell) => `ib-compat show "${cell.id}" --run ${data.run}`;

function lines(part) {
  const words = part.lines.map(text);
  if (part.left) words.splice(part.after, 0, `… ${count(part.left, "line is", "lines are")} left out here …`);
  return make("pre", { tabindex: "0" }, words.join("\n"));
}

function spoken(cell, number) {
  const found = data.evidence[number] ?? {};
  const files = (cell.files ?? []).map(text);
  const parts = [["log", "What the library logged", "evidence.jsonl"], ["wire", "Transcript", "wire.jsonl"]];
  return parts.flatMap(([part, title, file]) => {
    if (found[part]?.lines.length) return section(title, lines(found[part]));
    if (!files.includes(file)) return [];
    if (found[part]) return section(title, make("p", {}, "Nothing."));
    return section(title, make("p", {}, "Left out of this page for its size. It is in ", make("code", {}, `${place(cell)}/${file}`),
      ", and this command shows it:"), make("pre", { tabindex: "0" }, showCommand(cell)));
  });
}

function notices(cell) {
  const rows = (data.lists[cell.notices] ?? []).map(([code, request, message]) =>
    make("tr", {}, make("th", { scope: "row" }, text(code)), make("td", {}, text(request)), make("td", {}, text(message))));
  return rows.length ? section("What the gateway called back", table(["code", "request", "message"], rows)) : [];
}

function made(cell) {
  const gateway = gatewayOf(cell);
  const known = verdict(gateway.verdict, "skipped");
  return [
    ...section("Library", make("p", {}, (cell.library ?? []).map(text).join("; "), "."), make("p", {}, text(cell.process), ".")),
    ...section("Gateway", make("p", {}, `${gateway.name}: ${gateway.lines.join("; ")}.`), known),
  ];
}

function files(cell) {
  const items = (cell.files ?? []).map((file) => make("li", {}, make("a", { href: `${place(cell)}/${encodeURIComponent(text(file))}` }, text(file))));
  return section("Files", items.length ? make("ul", {}, items) : make("p", {}, "No evidence was left."));
}

function rerun(cell) {
  const command = make("pre", { tabindex: "0" }, text(cell.rerun));
  const copy = button("Copy", async () => {
    try {
      await navigator.clipboard.writeText(text(cell.rerun));
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(command); // no clipboard for this page: selected, for the reader's own keys
      copy.textContent = "Selected";
    }
  }, { "aria-live": "polite" });
  return section("Run it again", make("div", { class: "rerun" }, command, copy));
}
