// The address is read at the click: inputs change it without drawing this button anew. What is copied
// leads to the same view by way of its preview, which a chat shows: the same page, the same parameters.
function linkOf({ folder, pages, longest }, { origin, pathname, search, href }) {
  const name = pathname.split("/").filter(Boolean).pop();
  const parameters = new URLSearchParams(search);
  for (const own of ["embed", "embed_options"]) parameters.delete(own); // of a frame, not of a view
  const query = parameters.size ? `?${parameters}` : "";
  if (query.length > longest) return href;
  return `${origin}${folder}/${pages.includes(name) ? name : pages[0]}${query}`;
}

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
    const link = linkOf(component.data, window.location);
    try {
      await navigator.clipboard.writeText(link);
      field.hidden = true;
      show("Copied");
    } catch {
      // No clipboard without HTTPS or permission: the link is shown, selected, to be copied by hand.
      field.value = link;
      field.hidden = false;
      field.select();
      show("Press Ctrl+C to copy");
    }
  };
  return () => clearTimeout(timer);
}
