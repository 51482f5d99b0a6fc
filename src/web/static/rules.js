// The rule list: moving by handle and by keyboard. Each of these has a form that works without script.

const list = () => document.getElementById('list');
const rows = () => [...document.querySelectorAll('tbody.gg-rule')];
const rowOf = (target) => target.closest?.('tbody.gg-rule') ?? null;
const idOf = (row) => row.rows[0].id.replace('rule-', '');
const gripOf = (row) => row.querySelector('.gg-grip');
const tell = (text) => {
  document.getElementById('told').textContent = text;
};

/** What is dragged or carried by keyboard, and where it stood. */
let carried = null;
let waiting = 0;

const place = (row) => ({ parent: row.parentNode, next: row.nextSibling });
const putBack = ({ row, from }) => from.parent.insertBefore(row, from.next);

/** The heading that a row stands under on the page; the server numbers and saves it. */
const headingAbove = (row) => {
  for (let at = row.previousElementSibling; at !== null; at = at.previousElementSibling)
    if (at.matches('.gg-head-row')) return at.rows[0].dataset.heading ?? '';
  return '';
};

/** Sends where a row stands now: behind which rule, or before which one. */
const send = (row) => {
  const above = row.previousElementSibling?.matches('.gg-rule') ? row.previousElementSibling : null;
  const shown = rows();
  const below = shown[shown.indexOf(row) + 1];
  const before = shown[shown.indexOf(row) - 1];
  const values = { heading: headingAbove(row) };
  if (above !== null) values.after = idOf(above);
  else if (below !== undefined) values.before = idOf(below);
  else if (before !== undefined) values.after = idOf(before);
  else return;
  const id = idOf(row);
  const done = () => {
    const moved = document.getElementById(`rule-${id}`);
    const refused = document.querySelector('.gg-meant') !== null;
    tell(
      refused
        ? 'Not moved: somebody else saved a change.'
        : moved === null
          ? 'Moved.'
          : `Moved: now rule ${moved.cells[0].innerText.trim()}.`,
    );
  };
  document.body.addEventListener('htmx:afterSettle', done, { once: true });
  window.htmx.ajax('POST', `/firewall/bot/rules/${id}/move`, {
    source: document.getElementById('rules'),
    target: '#list',
    select: '#list',
    swap: 'outerHTML',
    values,
  });
};

/** What a rule may go past. A group that began on the page before is the edge of this one. */
const STOPS = 'tbody.gg-rule, tbody.gg-head-row:not(.gg-continued)';

/** One step up or down on the page; headings count as steps, so that a rule can enter and leave a group. */
const step = (row, down) => {
  const other = down ? row.nextElementSibling : row.previousElementSibling;
  if (other?.matches(STOPS) !== true) {
    tell('This is the edge of the page. Open the handle to move farther.');
    return;
  }
  if (down) other.after(row);
  else other.before(row);
  const count = rows().indexOf(row) + 1;
  const heading = headingAbove(row);
  tell(`Place ${count} of ${rows().length} on this page${heading === '' ? '' : `, under ${heading}`}.`);
};

const drop = () => {
  clearTimeout(waiting);
  if (carried === null) return;
  const { row, from } = carried;
  carried = null;
  row.classList.remove('gg-carried');
  if (row.nextSibling !== from.next) send(row);
};

const cancel = () => {
  clearTimeout(waiting);
  if (carried === null) return;
  const { row } = carried;
  putBack(carried);
  carried = null;
  row.classList.remove('gg-carried');
  gripOf(row).focus();
  tell('Not moved.');
};

const carry = (row) => {
  if (carried?.row === row) return;
  drop();
  carried = { row, from: place(row), kept: false };
  row.classList.add('gg-carried');
};

/** Alt with an arrow moves at once and saves after a moment; space picks up, arrows move, space or Enter saves, Escape does not. */
const moveByKey = (event, row) => {
  const arrow = event.key === 'ArrowUp' || event.key === 'ArrowDown';
  const held = carried?.row === row && carried.kept;
  const grip = event.target === gripOf(row);
  if (arrow && (event.altKey || held)) {
    carry(row);
    step(row, event.key === 'ArrowDown');
    event.target.focus();
    clearTimeout(waiting);
    if (!held) waiting = setTimeout(drop, 600);
  } else if (grip && event.key === ' ' && !held) {
    carry(row);
    carried.kept = true;
    tell('Picked up. Arrows move the rule, Space puts it down, Escape puts it back.');
  } else if (held && (event.key === ' ' || event.key === 'Enter')) drop();
  else if (carried?.row === row && event.key === 'Escape') cancel();
  else return false;
  event.preventDefault();
  return true;
};

// Before list.js, for which an arrow only goes to the next row.
document.addEventListener(
  'keydown',
  (event) => {
    const row = rowOf(event.target);
    const typing = event.target.closest('input:not([type="checkbox"]), select, textarea') !== null;
    if (event.ctrlKey || event.metaKey || typing) return;
    if (row !== null && gripOf(row) !== null) moveByKey(event, row);
  },
  true,
);

document.addEventListener('focusout', (event) => {
  if (
    carried !== null &&
    !carried.dragged &&
    !carried.row.contains(event.relatedTarget) &&
    event.relatedTarget !== null
  )
    drop();
});

/** Dragging by the handle, with mouse, pen or finger. */
const scrollAtEdge = (y) => {
  if (y < 110) window.scrollBy(0, -14);
  else if (y > window.innerHeight - 60) window.scrollBy(0, 14);
};

const dragTo = (row, y) => {
  const stops = [...list().querySelectorAll(STOPS)].filter((one) => one !== row);
  const below = stops.find((one) => {
    const { top, height } = one.getBoundingClientRect();
    return y < top + height / 2;
  });
  if (below !== undefined && below !== row.nextElementSibling) below.before(row);
  else if (below === undefined && stops.at(-1) !== row.previousElementSibling) stops.at(-1)?.after(row);
};

let pressed = null;
document.addEventListener('pointerdown', (event) => {
  const grip = event.target.closest('.gg-grip');
  if (grip === null || event.button !== 0) return;
  pressed = { grip, row: rowOf(grip), y: event.clientY };
});
document.addEventListener('pointermove', (event) => {
  if (pressed === null) return;
  if (carried === null && Math.abs(event.clientY - pressed.y) < 5) return;
  carry(pressed.row);
  carried.dragged = true;
  document.body.classList.add('gg-dragging');
  scrollAtEdge(event.clientY);
  dragTo(pressed.row, event.clientY);
});
const release = (event) => {
  if (pressed === null) return;
  pressed = null;
  document.body.classList.remove('gg-dragging');
  if (carried === null) return;
  if (event.type === 'pointercancel') return cancel();
  // The click that follows is the end of the drag, not a wish to open the handle's page.
  const swallow = (click) => click.preventDefault();
  document.addEventListener('click', swallow, { capture: true, once: true });
  setTimeout(() => document.removeEventListener('click', swallow, { capture: true }), 50);
  drop();
};
document.addEventListener('pointerup', release);
document.addEventListener('pointercancel', release);
document.addEventListener('dragstart', (event) => {
  if (event.target.closest?.('.gg-grip') != null) event.preventDefault();
});
