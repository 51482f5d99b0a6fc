// Everything here only makes the pages quicker: each of them works without it.

/** A field that belongs to a choice marks that choice when it is used. */
const pick = (event) => {
  const choice = document.getElementById(event.target.dataset?.picks ?? '');
  if (choice !== null && event.target.value !== '') choice.checked = true;
};

/** Fields that mean something for some values of another field only are shown with these. */
const showWhen = () => {
  for (const part of document.querySelectorAll('[data-when]')) {
    const chosen = document.querySelector(`select[name="${part.dataset.when}"], [name="${part.dataset.when}"]:checked`);
    const wrong = part.querySelector('.is-invalid') !== null;
    part.hidden = chosen !== null && !wrong && !part.dataset.is.split(' ').includes(chosen.value);
  }
};

const isField = ({ type, tagName }) => tagName !== 'BUTTON' && tagName !== 'FIELDSET' && type !== 'hidden';

const changed = (one) => {
  if (one.type === 'checkbox' || one.type === 'radio') return one.checked !== one.defaultChecked;
  if (one.options === undefined) return one.value !== one.defaultValue;
  const first = [...one.options].find((option) => option.defaultSelected) ?? one.options[0];
  return one.value !== (first?.value ?? '');
};

/** Is something typed here that is not saved? What the box shows again without having saved it counts, too. */
const typed = (form) => {
  const fields = [...form.elements].filter(isField);
  return fields.some(changed) || (fields.length > 0 && document.querySelector('[data-unsaved]') !== null);
};

/** What opens over the page, and must not stay there when the focus has gone on. */
const OVER = 'details.gg-more-filters';
const close = ({ target, relatedTarget }) => {
  const over = target.closest(`${OVER}[open], #nav:popover-open`);
  if (over === null || relatedTarget === null || over.contains(relatedTarget)) return;
  if (over.id === 'nav') over.hidePopover();
  else over.open = false;
};

/** What asks by a clock waits while somebody goes through it by keyboard: the focus would be gone with the element. */
const wait = (event) => {
  const { elt } = event.detail;
  const clock = elt.getAttribute('hx-trigger')?.startsWith('every');
  if (clock && elt.querySelector(':focus-visible:not([id])') !== null) event.preventDefault();
};

/** Escape leaves the field, then the page for the one that it was opened from; typed text is not lost without a word. */
let warned = false;
const leave = (event) => {
  if (event.defaultPrevented || document.querySelector(':popover-open') !== null) return;
  const { target } = event;
  const over = target.closest(OVER);
  if (over?.open) {
    over.open = false;
    return over.querySelector('summary').focus();
  }
  if (target.matches('input:not([type="checkbox"], [type="radio"]), select, textarea')) {
    if (target.type !== 'search' || target.value === '') target.blur();
    return;
  }
  const way = document.querySelector('[data-key="Escape"]');
  if (way === null) return;
  const form = way.closest('form');
  if (warned || form === null || !typed(form)) return way.click();
  warned = true;
  say('What you typed is not saved. Escape again leaves all the same.');
};

/** `/` goes to the search field, `n` to what is new here. */
const key = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'Escape') return leave(event);
  if (event.target.closest('input:not([type="checkbox"], [type="radio"]), select, textarea') !== null) return;
  const target = event.key === '/' ? document.getElementById('q') : document.querySelector(`[data-key="${event.key}"]`);
  if (target === null || (event.key !== '/' && event.key !== 'n')) return;
  event.preventDefault();
  if (event.key === '/') target.focus();
  else target.click();
};

/** One sentence where changes are told, too. */
const say = (text) => {
  const line = document.createElement('span');
  line.textContent = text;
  const box = document.createElement('div');
  box.className = 'alert alert-info gg-alert';
  box.setAttribute('role', 'alert');
  box.append(line);
  document.getElementById('flash')?.replaceChildren(box);
  box.scrollIntoView({ block: 'nearest' });
};

/** In set-up, the time zone of the browser is a better guess than UTC. */
const guessZone = () => {
  const select = document.querySelector('select[data-zone="guess"]');
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (select?.value === 'UTC' && [...select.options].some((option) => option.value === zone)) select.value = zone;
};

/** The seconds of a change on trial; when they are over the page says what is in force. */
const countDown = () => {
  const left = document.querySelector('[data-left]');
  if (left === null) return;
  left.textContent = Math.max(0, Number(left.textContent) - 1);
  if (left.textContent === '0') location.reload();
};

/** A request of htmx that failed: say so, with a way on. */
const failed = () => {
  const place = document.getElementById('flash');
  if (place === null) return;
  place.innerHTML =
    '<div class="alert alert-danger gg-alert" role="alert"><span>The box did not answer as expected. </span><a href="">Load the page anew</a></div>';
};

document.addEventListener('change', (event) => {
  pick(event);
  showWhen();
});
document.addEventListener('input', pick);
// A file whose text goes into a field; without script the text is pasted.
for (const chooser of document.querySelectorAll('[data-fills]')) {
  chooser.hidden = false;
  chooser.addEventListener('change', async () => {
    const field = document.getElementById(chooser.dataset.fills);
    if (chooser.files[0]?.size > 100_000) return say('This file is too large to be a certificate or a key.');
    field.value = (await chooser.files[0]?.text()) ?? '';
  });
}
document.addEventListener('keydown', key);
document.addEventListener('focusout', close);
document.addEventListener('htmx:beforeRequest', wait);
document.addEventListener('htmx:responseError', failed);
document.addEventListener('htmx:sendError', failed);
document.addEventListener('htmx:afterSwap', () => {
  if (document.querySelector('#flash a[href=""]') !== null) document.getElementById('flash').replaceChildren();
});
setInterval(countDown, 1000);
showWhen();
guessZone();
document.querySelector('.is-invalid')?.focus();
