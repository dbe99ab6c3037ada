// The address is read at the click: inputs change it without drawing this button anew.
export default function (component) {
  const root = component.parentElement;
  const [button, field, note] = ["button", "input", "span"].map((name) => root.querySelector(name));
  let timer;
  const show = (text) => {
    note.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => (note.textContent = ""), 4000);
  };
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(window.location.href);
      field.hidden = true;
      show("Copied");
    } catch {
      // No clipboard without HTTPS or permission: the link is shown, selected, to be copied by hand.
      field.value = window.location.href;
      field.hidden = false;
      field.select();
      show("Press Ctrl+C to copy");
    }
  };
  return () => clearTimeout(timer);
}
