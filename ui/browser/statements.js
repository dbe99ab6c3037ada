// The last statements that were run here. They are kept by this browser, for this origin, and reach
// the server only when one is taken back.
const PLACE = "explore statements";
let kept = null; // where the browser keeps nothing, this page does, until it is left
let handled = null; // the run whose statement was added: a page is drawn again without one

function recall(most, letters) {
  let found = null;
  try {
    found = JSON.parse(window.localStorage.getItem(PLACE));
  } catch {} // forbidden, or no JSON
  if (!Array.isArray(found)) found = kept ?? [];
  const isOne = (text) => typeof text === "string" && text.trim() && text.length <= letters;
  return [...new Set(found.filter(isOne))].slice(0, most);
}

function keep(statements) {
  // Where it is full, the newest are kept, as many as find room.
  for (let many = statements.length; many >= 0; many -= 1) {
    try {
      if (many) window.localStorage.setItem(PLACE, JSON.stringify(statements.slice(0, many)));
      else window.localStorage.removeItem(PLACE);
      kept = many ? null : statements;
      return;
    } catch {}
  }
  kept = statements;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const { most, letters, ran } = data;
  const at = (name) => parentElement.querySelector(name);
  const show = () => {
    const statements = recall(most, letters);
    at("summary").textContent = statements.length
      ? `Your last statements (${statements.length})`
      : "Your last statements: those you run are kept here, in this browser alone";
    at(".forget").hidden = !statements.length;
    at("ul").replaceChildren(
      ...statements.map((text) => {
        const [item, button] = ["li", "button"].map((name) => document.createElement(name));
        button.type = "button";
        button.textContent = text.replace(/\s+/g, " ").trim();
        button.title = text;
        button.onclick = () => setTriggerValue("taken", text);
        item.append(button);
        return item;
      }),
    );
  };
  if (ran && ran.turn !== handled) {
    handled = ran.turn;
    keep([ran.text, ...recall(most, letters).filter((text) => text !== ran.text)].slice(0, most));
  }
  at(".forget").onclick = () => {
    keep([]);
    show();
  };
  show();
  const listen = (event) => (event.key === PLACE || event.key === null) && show(); // another tab
  window.addEventListener("storage", listen);
  return () => window.removeEventListener("storage", listen);
}
