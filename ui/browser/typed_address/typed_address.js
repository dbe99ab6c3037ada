// Shortly before Streamlit tells the server, which is 400 ms after the last key, on Enter, or when
// the field is left: an address of the text before may still come from the server until then.
const BEFORE = 350; // ms
let timer;

function write(input, { name, dropping }) {
  clearTimeout(timer);
  if (!input.isConnected) return;
  const said = new URLSearchParams(window.location.search);
  const text = input.value.trim();
  if (text === (said.get(name) ?? "")) return;
  if (text) said.set(name, text);
  else said.delete(name);
  dropping.forEach((each) => said.delete(each));
  window.history.replaceState(window.history.state, "", `${window.location.pathname}?${said}`);
}

export default function (component) {
  const { data } = component;
  const heard = (event) => {
    const input = event.target;
    if (!input.matches?.(`.st-key-${data.field} input`)) return;
    clearTimeout(timer);
    if (event.type === "input") timer = setTimeout(() => write(input, data), BEFORE);
    else if (event.type !== "keydown" || event.key === "Enter") write(input, data);
  };
  // In the capturing phase, to be there before Streamlit is.
  const kinds = ["input", "keydown", "focusout"];
  kinds.forEach((kind) => document.addEventListener(kind, heard, true));
  return () => kinds.forEach((kind) => document.removeEventListener(kind, heard, true));
}
