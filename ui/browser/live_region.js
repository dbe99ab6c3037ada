// The region must be there before its text: a text that comes with its region is not read out.
const SETTLED = 150; // ms

export default function (component) {
  const region = component.parentElement.querySelector(".live-region");
  const { text } = component.data;
  const timer = setTimeout(() => region.textContent !== text && (region.textContent = text), SETTLED);
  return () => clearTimeout(timer);
}
