// A translator swaps the page's texts for its own, and what the page writes there later reaches
// nobody: an old figure would stand under a new request. So an element that shows a figure, or says
// how something stands, is marked as one that is not translated, before a translator sees it.
const ELEMENT = "[data-testid=stElementContainer]";
const ALWAYS = "[data-testid=stMetric], [data-testid=stAlert], [data-testid=stMarkdownBadge], .stMarkdownBadge";

const mark = (node) => {
  const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
  if (!element || element.closest("[translate=no]")) return;
  (element.closest(ELEMENT) ?? element).setAttribute("translate", "no");
};

const look = (node) => {
  if (node.nodeType === Node.TEXT_NODE) {
    if (/\d/.test(node.data)) mark(node);
  } else if (node.nodeType === Node.ELEMENT_NODE && !node.closest("[translate=no]")) {
    if (node.matches(ALWAYS)) mark(node);
    node.querySelectorAll(ALWAYS).forEach(mark);
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) look(texts.currentNode);
  }
};

export default function () {
  if (document.body.dataset.figuresKept) return;
  document.body.dataset.figuresKept = "true";
  look(document.body);
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "characterData") look(change.target);
      else change.addedNodes.forEach(look);
    }
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}
