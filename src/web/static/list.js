// Lists by keyboard: to the next and the previous row, Space selects it, Enter opens it. By Tab and mouse all of it works without.

const rows = () => [
  ...document.querySelectorAll('main :is(tbody.gg-rule, .gg-table:not(.gg-rules, .gg-plain) > tbody > tr)'),
];
const boxOf = (row) => row.querySelector('input[data-pick]');
const boxes = () => [...document.querySelectorAll('input[data-pick]')];

const focusRow = (row) => {
  const target = row === undefined ? null : (boxOf(row) ?? row.querySelector('a[href], button, summary'));
  target?.focus();
  row?.scrollIntoView({ block: 'nearest' });
};

const typing = (target) => target.closest('input:not([type="checkbox"]), select, textarea') !== null;

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const all = rows();
  const here = all.findIndex((row) => row.contains(event.target));
  const down = event.key === 'j' || (here >= 0 && event.key === 'ArrowDown');
  const up = event.key === 'k' || (here >= 0 && event.key === 'ArrowUp');
  if (!down && !up) return;
  event.preventDefault();
  focusRow(all[Math.max(0, Math.min(all.length - 1, here + (down ? 1 : -1)))]);
});

// Enter in a box would press the first button of the form. It opens the row, unless rows are selected: then it does nothing.
document.addEventListener('keypress', (event) => {
  if (event.key !== 'Enter' || event.target.dataset?.pick === undefined) return;
  event.preventDefault();
  if (boxes().some(({ checked }) => checked)) return;
  rows()
    .find((row) => row.contains(event.target))
    ?.querySelector('[data-open]')
    ?.click();
});

/** The box in the head selects the page; with Shift a box selects everything from the one before. */
let last = null;
document.addEventListener('click', (event) => {
  const box = event.target;
  const all = boxes();
  if (box.id === 'select-page') for (const one of all) one.checked = box.checked;
  if (box.dataset?.pick === undefined) return;
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) for (const one of all.slice(from, to + 1)) one.checked = box.checked;
  last = box;
});

/** A selection outlives a change of the list, and the focus stays in its line, or goes to what stands there now. */
let selected = [];
let line = -1;
document.addEventListener('htmx:beforeSwap', () => {
  line = rows().findIndex((row) => row.contains(document.activeElement));
  selected = boxes().flatMap((box) => (box.checked ? [box.value] : []));
});
document.addEventListener('htmx:afterSwap', () => {
  for (const box of boxes()) if (selected.includes(box.value)) box.checked = true;
});
document.addEventListener('htmx:afterSettle', () => {
  if (line >= 0 && document.activeElement === document.body) focusRow(rows()[Math.min(line, rows().length - 1)]);
});
