// A field with a list becomes a combobox after the ARIA pattern “list autocomplete”; without this file it is the browser's own.
import { same, search, searchAway } from './picks.js';

const element = (tag, attributes, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

/** An address needs no list: it is taken as it is typed. */
const isTyped = (text) => /^[\d.:/\s-]+$|^([\da-f]{1,2}[:-]){2,}|\//i.test(text);

/** Opens the part of the form that makes a new object, with what was typed already in it. */
const make = (side, text) => {
  const [kind, name, value] =
    side === 'service'
      ? ['newService', 'serviceNewName', 'serviceNewPorts']
      : ['newAddress', `${side}AddressName`, `${side}AddressValue`];
  const fields = { name: document.getElementById(name), value: document.getElementById(value) };
  document.getElementById(`${side}-make-${kind}`).open = true;
  document.getElementById(`${side}-${kind}`).checked = true;
  const [full, next] = isTyped(text) ? [fields.value, fields.name] : [fields.name, fields.value];
  if (text !== '') full.value = text;
  next.focus();
};

/** Adds a line to the members of a new group. */
const add = (id, text) => {
  const area = document.getElementById(id);
  const lines = area.value.split('\n').filter((line) => line.trim() !== '');
  if (!lines.some((line) => same(line, text))) lines.push(text);
  area.value = `${lines.join('\n')}\n`;
  area.dispatchEvent(new Event('input', { bubbles: true }));
};

class Combobox {
  constructor(input) {
    this.input = input;
    this.list = document.getElementById(input.getAttribute('list'));
    this.side = input.dataset.combo ?? '';
    this.box = element('div', { class: 'gg-combo-list', id: `${input.id}-list`, role: 'listbox', hidden: '' });
    this.said = element('span', { class: 'visually-hidden', role: 'status' });
    /** What the open list shows: each row, and what choosing it does. */
    this.rows = [];
    this.active = -1;
    /** Counts the searches: an answer that was overtaken by the next one is not shown. */
    this.asked = 0;
    this.box.setAttribute('aria-label', input.getAttribute('aria-label'));
    input.removeAttribute('list');
    const wired = {
      role: 'combobox',
      'aria-autocomplete': 'list',
      'aria-expanded': 'false',
      'aria-controls': this.box.id,
    };
    for (const [name, value] of Object.entries(wired)) input.setAttribute(name, value);
    input.parentElement.append(this.box, this.said);
    input.addEventListener('keydown', (event) => this.key(event));
    input.addEventListener('input', () => this.search(false));
    input.addEventListener('click', () => this.box.hidden && this.search(true));
    input.addEventListener('blur', () => this.close());
    // A press on the list must not take the focus out of the field, or the list would close before the click.
    this.box.addEventListener('mousedown', (event) => event.preventDefault());
    // On a slow box somebody may have begun to type before this file was there.
    if (document.activeElement === input && input.value !== input.defaultValue) this.search(false);
  }

  close() {
    this.asked += 1;
    this.box.hidden = true;
    this.input.setAttribute('aria-expanded', 'false');
    this.activate(-1);
  }

  /** Marks a row; counted round, -1 marks none. */
  activate(index) {
    this.active = index;
    for (const [at, { row }] of this.rows.entries()) row.setAttribute('aria-selected', String(at === index));
    const row = this.rows[index]?.row;
    if (row === undefined) return this.input.removeAttribute('aria-activedescendant');
    this.input.setAttribute('aria-activedescendant', row.id);
    row.scrollIntoView({ block: 'nearest' });
  }

  move(step) {
    const count = this.rows.length;
    if (count > 0) this.activate(this.active < 0 ? (step > 0 ? 0 : count - 1) : (this.active + step + count) % count);
  }

  take(index) {
    const { act } = this.rows[index];
    this.close();
    act();
  }

  choose(text) {
    const { adds, presses } = this.input.dataset;
    this.input.value = adds === undefined ? text : '';
    if (adds === undefined) this.input.dispatchEvent(new Event('change', { bubbles: true }));
    else add(adds, text);
    if (presses !== undefined) document.getElementById(presses).click();
  }

  row(kind, act, ...content) {
    const index = this.rows.length;
    const id = `${this.input.id}-${index}`;
    const row = element(
      'div',
      { class: `gg-combo-option${kind}`, role: 'option', id, 'aria-selected': 'false' },
      ...content,
    );
    row.addEventListener('click', () => this.take(index));
    this.rows.push({ row, act, makes: kind !== '' });
    return row;
  }

  group(set, choices) {
    const head = element('div', { class: 'gg-combo-set', id: `${this.box.id}-${set.replace(/\W/g, '')}` }, set);
    const rows = choices.map(({ text, detail }) =>
      this.row('', () => this.choose(text), element('bdi', {}, text), element('small', { dir: 'auto' }, detail)),
    );
    return element('div', { role: 'group', 'aria-labelledby': head.id }, head, ...rows);
  }

  /** Opens the list with what fits the text; of a long list a moment later. `then` is called when it is there. */
  search(everything, then = () => {}) {
    const text = this.input.value.trim();
    const { list, side } = this;
    clearTimeout(this.waiting);
    this.asked += 1;
    if (list.dataset.from === undefined) {
      this.open(text, search(list, side, text, everything));
      return then();
    }
    const asked = this.asked;
    // What is shown still belongs to the text before: Enter must not take it.
    this.activate(-1);
    this.waiting = setTimeout(async () => {
      const found = await searchAway(list, side, text, everything);
      if (asked !== this.asked || document.activeElement !== this.input) return;
      this.open(text, found ?? search(list, side, text, everything));
      then();
    }, 120);
  }

  /** Shows what was found. The first that fits is marked. */
  open(text, { choices, count, exact }) {
    this.rows = [];
    const sets = Map.groupBy(choices, ({ set }) => set);
    this.box.replaceChildren(...[...sets].map(([set, some]) => this.group(set, some)));
    if (count > choices.length)
      this.box.append(
        element('div', { class: 'gg-combo-more' }, `and ${count - choices.length} more: type to narrow down`),
      );
    if (this.input.dataset.makes !== undefined && !exact) this.offerNew(text);
    this.box.hidden = this.rows.length === 0;
    this.input.setAttribute('aria-expanded', String(!this.box.hidden));
    this.said.textContent = count === 1 ? '1 found' : `${count} found`;
    const current = this.rows.findIndex(({ row }) => same(row.firstChild.textContent, text));
    const first = text !== '' && !isTyped(text) && count > 0 ? 0 : -1;
    this.activate(current >= 0 ? current : first);
  }

  offerNew(text) {
    const label = `${this.input.dataset.makes}${text === '' ? '' : ` “${text}”`}…`;
    this.box.append(this.row(' gg-combo-make', () => make(this.side, text), element('bdi', {}, label)));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.isComposing) return;
    const opened = !this.box.hidden;
    const done = this[`key${event.key}`]?.(opened, event);
    if (done === true) event.preventDefault();
  }

  keyArrowDown(opened, { altKey }) {
    if (opened) this.move(1);
    else this.search(true, () => this.active < 0 && !altKey && this.move(1));
    return true;
  }

  keyArrowUp(opened) {
    if (opened) this.move(-1);
    else this.search(true, () => this.active < 0 && this.move(-1));
    return true;
  }

  keyEscape(opened) {
    if (opened) this.close();
    return opened;
  }

  keyEnter(opened) {
    const { adds, presses } = this.input.dataset;
    const takes = adds !== undefined || presses !== undefined;
    if (opened && this.active >= 0) this.take(this.active);
    else if (takes && this.input.value.trim() !== '') this.choose(this.input.value.trim());
    else return adds !== undefined;
    return true;
  }

  /** Leaving takes along what is marked, except that it makes nothing new. */
  keyTab(opened) {
    if (!opened) return;
    if (this.active >= 0 && !this.rows[this.active].makes) this.take(this.active);
    else this.close();
  }
}

/** Opening a part that makes something chooses it, and closing it goes back to the list. */
const toggled = ({ target }) => {
  const choice = target.querySelector?.('input[type="radio"]');
  if (!target.classList?.contains('gg-make') || !choice) return;
  if (target.open) choice.checked = true;
  else if (choice.checked) document.getElementById(`${choice.name}-pick`).checked = true;
};

for (const part of document.querySelectorAll('.gg-adder')) part.hidden = false;
for (const input of document.querySelectorAll('[data-combo], [data-adds]')) new Combobox(input);
document.addEventListener('toggle', toggled, true);
// What was added leaves its field; what nothing is called like stays there.
document.addEventListener('htmx:afterSwap', ({ detail }) => {
  const field = document.getElementById('add');
  if (detail.target?.id === 'members' && document.getElementById('add-error') === null) field.value = '';
});
