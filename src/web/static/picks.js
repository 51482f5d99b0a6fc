// What a field with a list offers for a text: out of the page, or of a long list asked from the box.

/** Rows of an open list. */
const SHOWN = 60;

export const same = (one, other) => one.trim().toLowerCase() === other.trim().toLowerCase();

const toBox = () => document.querySelector('[name="destination"]:checked')?.value === 'greengate';

/** The choices of a list in the page: those that are meant for its side, the box's own services first when the box is spoken of. */
const choicesOf = (list, side) => {
  const all = [...list.options]
    .filter(({ dataset }) => dataset.only === undefined || dataset.only === side)
    .map(({ value, label, dataset }) => ({ text: value, detail: label, set: dataset.set }));
  const own = ({ set }) => (set === 'Greengate' ? 0 : 1);
  return list.id === 'services' && toBox() ? all.sort((a, b) => own(a) - own(b)) : all;
};

const fits = (words) => (choice) => {
  const text = `${choice.text} ${choice.detail}`.toLowerCase();
  return words.every((word) => text.includes(word));
};

/** What fits the text, the first of it as rows; with `everything`, all when the text names one already. */
export const search = (list, side, text, everything) => {
  const choices = choicesOf(list, side);
  const exact = choices.some((one) => same(one.text, text));
  const words =
    everything && exact
      ? []
      : text
          .toLowerCase()
          .split(/\s+/)
          .filter((word) => word !== '');
  const found = choices.filter(fits(words));
  return { choices: found.slice(0, SHOWN), count: found.length, exact };
};

/** The same of a list that is too long for the page: the box searches. Null when it does not answer. */
export const searchAway = async (list, side, text, everything) => {
  const query = new URLSearchParams({ q: text, side, box: toBox() ? '1' : '', all: everything ? '1' : '' });
  const answer = await fetch(`${list.dataset.from}&${query}`, { headers: { accept: 'application/json' } }).catch(
    () => null,
  );
  return answer?.ok && !answer.redirected ? answer.json() : null;
};
