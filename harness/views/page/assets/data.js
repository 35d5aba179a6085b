// What the run left, as data: texts are numbers into `strings`, and what squares share stands once.
const data = JSON.parse(document.getElementById("data").textContent);
const text = (number) => (number === undefined || number === null ? "" : data.strings[number]);
const rowOf = (cell) => ({ id: data.rows[cell.row][0], library: data.rows[cell.row][1], version: data.rows[cell.row][2], python: data.rows[cell.row][3] });
const gatewayOf = (cell) => data.gateways[cell.column];
const cellNumbers = new Map(data.cells.map((cell, number) => [cell.id, number]));

// Makes an element. Texts only ever become text nodes, whatever they hold; attributes are set by name.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function draw(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const button = (words, act, attributes = {}) => {
  const element = make("button", { type: "button", ...attributes }, words);
  element.addEventListener("click", act);
  return element;
};

function table(heads, rows) {
  const head = make("tr", {}, heads.map((name) => make("th", { scope: "col" }, name)));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, rows));
}
