// A field with a list becomes a combobox after the ARIA pattern “list autocomplete”; without this file it is the browser's own.

const SHOWN = 60;

const element = (tag, attributes, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

/** The choices of a field: those of its list that are meant for its side, the box's own services first when the box is spoken of. */
const choicesOf = (list, side) => {
  const all = [...list.options].filter(({ dataset }) => dataset.only === undefined || dataset.only === side);
  const own = ({ dataset }) => (dataset.set === 'Greengate' ? 0 : 1);
  const toBox = document.querySelector('[name="destination"]:checked')?.value === 'greengate';
  return list.id === 'services' && toBox ? all.sort((a, b) => own(a) - own(b)) : all;
};

const fits = (words) => (option) => {
  const text = `${option.value} ${option.label}`.toLowerCase();
  return words.every((word) => text.includes(word));
};

/** An address needs no list: it is taken as it is typed. */
const isTyped = (text) => /^[\d.:/\s-]+$|^([\da-f]{1,2}[:-]){2,}|\//i.test(text);

const same = (one, other) => one.trim().toLowerCase() === other.trim().toLowerCase();

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
    input.addEventListener('input', () => this.open(false));
    input.addEventListener('click', () => this.box.hidden && this.open(true));
    input.addEventListener('blur', () => this.close());
    // A press on the list must not take the focus out of the field, or the list would close before the click.
    this.box.addEventListener('mousedown', (event) => event.preventDefault());
    // On a slow box somebody may have begun to type before this file was there.
    if (document.activeElement === input && input.value !== '') this.open(false);
  }

  close() {
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
    const { adds } = this.input.dataset;
    this.input.value = adds === undefined ? text : '';
    if (adds === undefined) this.input.dispatchEvent(new Event('change', { bubbles: true }));
    else add(adds, text);
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

  group(set, options) {
    const head = element('div', { class: 'gg-combo-set', id: `${this.box.id}-${set.replace(/\W/g, '')}` }, set);
    const rows = options.map(({ value, label }) =>
      this.row('', () => this.choose(value), element('bdi', {}, value), element('small', { dir: 'auto' }, label)),
    );
    return element('div', { role: 'group', 'aria-labelledby': head.id }, head, ...rows);
  }

  /** Shows what fits the text; with `everything`, all when the text names one already. The first that fits is marked. */
  open(everything) {
    const text = this.input.value.trim();
    const choices = choicesOf(this.list, this.side);
    const exact = choices.some(({ value }) => same(value, text));
    const words =
      everything && exact
        ? []
        : text
            .toLowerCase()
            .split(/\s+/)
            .filter((word) => word !== '');
    const found = choices.filter(fits(words));
    this.rows = [];
    const sets = Map.groupBy(found.slice(0, SHOWN), ({ dataset }) => dataset.set);
    this.box.replaceChildren(...[...sets].map(([set, options]) => this.group(set, options)));
    if (found.length > SHOWN)
      this.box.append(
        element('div', { class: 'gg-combo-more' }, `and ${found.length - SHOWN} more: type to narrow down`),
      );
    if (this.input.dataset.makes !== undefined && !exact) this.offerNew(text);
    this.box.hidden = this.rows.length === 0;
    this.input.setAttribute('aria-expanded', String(!this.box.hidden));
    this.said.textContent = found.length === 1 ? '1 found' : `${found.length} found`;
    const current = this.rows.findIndex(({ row }) => same(row.firstChild.textContent, text));
    const first = text !== '' && !isTyped(text) && found.length > 0 ? 0 : -1;
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
    if (!opened) this.open(true);
    if (opened || (this.active < 0 && !altKey)) this.move(1);
    return true;
  }

  keyArrowUp(opened) {
    if (!opened) this.open(true);
    if (opened || this.active < 0) this.move(-1);
    return true;
  }

  keyEscape(opened) {
    if (opened) this.close();
    return opened;
  }

  keyEnter(opened) {
    const { adds } = this.input.dataset;
    if (opened && this.active >= 0) this.take(this.active);
    else if (adds !== undefined && this.input.value.trim() !== '') this.choose(this.input.value.trim());
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
