// Streamlit sends the text to the server 400 ms after the last key, on Enter, or when the field is
// left. The address is written shortly before: any earlier, the server may still set the old one.
const BEFORE = 350; // ms
let timer;

function write(input, { name, dropping }) {
  clearTimeout(timer);
  if (!input.isConnected) return;
  const params = new URLSearchParams(window.location.search);
  const text = input.value.trim();
  if (text === (params.get(name) ?? "")) return;
  if (text) params.set(name, text);
  else params.delete(name);
  dropping.forEach((each) => params.delete(each));
  window.history.replaceState(window.history.state, "", `${window.location.pathname}?${params}`);
}

export default function (component) {
  const { data } = component;
  const listen = (event) => {
    const input = event.target;
    if (!input.matches?.(`.st-key-${data.field} input`)) return;
    clearTimeout(timer);
    if (event.type === "input") timer = setTimeout(() => write(input, data), BEFORE);
    else if (event.type !== "keydown" || event.key === "Enter") write(input, data);
  };
  // In the capturing phase, to be there before Streamlit is.
  const kinds = ["input", "keydown", "focusout"];
  kinds.forEach((kind) => document.addEventListener(kind, listen, true));
  return () => kinds.forEach((kind) => document.removeEventListener(kind, listen, true));
}
