// Tables that fold, each with its columns, and a field that leaves those with a word in them.
const NARROW = "(max-width: 640px)";

function made(tag, text = "", name = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (name) element.className = name;
  return element;
}

function drawTable({ name, holds, columns }) {
  const table = made("details");
  const head = made("summary");
  head.append(made("code", name), made("span", holds, "holds"));
  const list = made("dl");
  for (const [column, type, what] of columns) {
    const row = made("div");
    const term = made("dt");
    term.append(made("code", column), " ", made("span", type, "type"));
    row.append(term, made("dd", what));
    list.append(row);
  }
  table.append(head, list);
  return table;
}

function search(list, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (element, more = "") => words.every((word) => `${more} ${element.textContent}`.toLowerCase().includes(word));
  for (const table of list.children) {
    const [head, columns] = table.children;
    const whole = has(head);
    const name = head.querySelector("code").textContent;
    const rows = [...columns.children];
    rows.forEach((row) => (row.hidden = !whole && !has(row, name)));
    table.hidden = !whole && rows.every((row) => row.hidden);
    table.open = words.length > 0 && !table.hidden && !whole;
  }
}

export default function (component) {
  const { data, parentElement } = component;
  const [whole, field, list] = [".dictionary", "input", ".list"].map((name) => parentElement.querySelector(name));
  if (list.dataset.version === data.version) return; // what is open stays open
  if (!list.dataset.version && window.matchMedia(NARROW).matches) whole.open = false;
  list.dataset.version = data.version;
  list.replaceChildren(...data.tables.map(drawTable));
  search(list, field.value);
  field.oninput = () => search(list, field.value);
}
