// Streamlit adds an entry to the history for every address that the server sets. What the server
// only fills in or tidies up is no step of the visitor's, so it is written over the present entry.
// On the way to another page Streamlit first takes what the inputs of this one stand for out of its
// address, as an entry of its own: Back would lead to the page without what was typed there.
let leaving = 0;

// A narrow window's menu lies over the page. On a phone it closes once it has led somewhere; in a
// window that is as narrow it stays, so it is closed here.
const NARROW = "(max-width: 768px)";
const CLOSE = "[data-testid=stSidebarCollapseButton] button[aria-expanded=true]";

function closeMenu() {
  if (window.matchMedia(NARROW).matches) document.querySelector(CLOSE)?.click();
}

function watch() {
  if (document.body.dataset.addressWatched) return;
  document.body.dataset.addressWatched = "true";
  const elsewhere = (url) => new URL(url, window.location.href).pathname !== window.location.pathname;
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest?.("a[href]");
      // A file opens beside the page, which stays.
      const leads = link && link.target !== "_blank" && link.origin === window.location.origin;
      if (leads && elsewhere(link.href)) leaving = Date.now();
      if (link?.closest("[data-testid=stSidebar]")) setTimeout(closeMenu);
    },
    true,
  );
  const push = window.history.pushState;
  window.history.pushState = function (state, title, url) {
    const isLeaving = Date.now() - leaving < 10_000;
    if (isLeaving && url && !elsewhere(url)) return;
    leaving = 0;
    push.call(this, state, title, url);
  };
}

export default function (component) {
  watch();
  const { changes, turn } = component.data;
  // The page, and each part of it, goes on sending the last change that it made.
  const written = (document.body.addressTurns ??= new Set());
  if (written.has(turn)) return;
  written.add(turn);
  const params = new URLSearchParams(window.location.search);
  for (const [name, text] of changes) {
    if (text === null) params.delete(name);
    else params.set(name, text);
  }
  const query = params.size ? `?${params}` : "";
  if (query === window.location.search) return;
  window.history.replaceState(window.history.state, "", window.location.pathname + query);
}
