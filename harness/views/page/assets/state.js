// What is shown, kept in the part of the address behind #: a link shows what its sender saw.
const FILTERS = ["library", "version", "python", "gateway", "status", "fault", "expected"];
const state = { with: "", moved: false, cell: "", theme: "" };
for (const name of FILTERS) state[name] = new Set();

function readState() {
  const words = new URLSearchParams(location.hash.slice(1));
  for (const name of FILTERS) state[name] = new Set(words.getAll(name));
  state.with = words.get("with") ?? "";
  state.moved = words.get("moved") === "1" && state.with !== "";
  state.cell = words.get("cell") ?? "";
  state.theme = ["light", "dark"].includes(words.get("theme")) ? words.get("theme") : "";
}

// Not at once: browsers take long over a new address, and some allow only so many a minute.
const AFTER = 150; // milliseconds: the squares are drawn by then
let writing = 0;

function writeState() {
  clearTimeout(writing);
  writing = setTimeout(writeAddress, AFTER);
}

function writeAddress() {
  const words = new URLSearchParams();
  for (const name of FILTERS) for (const value of state[name]) words.append(name, value);
  if (state.with) words.set("with", state.with);
  if (state.moved) words.set("moved", "1");
  if (state.cell) words.set("cell", state.cell);
  if (state.theme) words.set("theme", state.theme);
  const hash = words.toString();
  if (hash !== location.hash.slice(1)) history.replaceState(null, "", `#${hash}`);
}
