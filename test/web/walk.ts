import type { Page } from 'playwright-core';

/** One place where Tab stopped: what stands there, and what is wrong with it. */
export type Stop = { name: string; faults: string[] };

/** A walk through a whole page by Tab: the stops in their order, and what Tab should have reached and did not. */
export type Walk = { stops: Stop[]; missed: string[] };

/** Goes through the page in hand by Tab, or backwards by Shift and Tab, until it comes round. */
export const walk = async (page: Page, { back = false } = {}): Promise<Walk> => {
  await page.evaluate(PREPARE);
  const stops: Stop[] = [];
  for (let left = 1500; left > 0; left -= 1) {
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
    const stop = (await page.evaluate(`window.walk.look(${back})`)) as Stop | null;
    if (stop === null) break;
    stops.push(stop);
    if (left === 1) throw new Error(`Tab never leaves ${page.url()}: ${stops.slice(-3).map(({ name }) => name)}`);
  }
  return { stops, missed: (await page.evaluate('window.walk.missed()')) as string[] };
};

/** Each fault of a walk in one line. */
export const faultsOf = ({ stops, missed }: Walk): string[] => [
  ...stops.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`)),
  ...missed.map((name) => `${name}: Tab never came here`),
];

/**
 * Runs in the page, and remembers how everything looks while it has no focus. A stop is good when it shows that it has the focus (an outline,
 * or a shadow or border that it had not before), in a colour that stands off what is behind it by 3 to 1, is on the screen and not under anything
 * else, and stands behind the stop before in the document.
 */
const PREPARE = `(() => {
  const selector = 'a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex="-1"])';
  const looks = (one) => { const { boxShadow, borderColor, outline } = getComputedStyle(one); return { boxShadow, borderColor, outline }; };
  const group = (one) => [...document.querySelectorAll('input[type="radio"]')].filter((other) => other.name === one.name && other.form === one.form);
  const radio = (one) => one.type !== 'radio' || one.checked || !group(one).some((other) => other.checked);
  const due = [...document.querySelectorAll(selector)].filter(
    (one) => !one.matches(':disabled, [type="hidden"], [tabindex="-1"]') && one.checkVisibility({ visibilityProperty: true }) && radio(one),
  );
  const before = new Map([...document.querySelectorAll('*')].filter((one) => one.matches(selector)).map((one) => [one, looks(one)]));
  const seen = new Set();
  let last = null;
  let stays = 0;
  const nameOf = (one) => (one.id ? '#' + one.id + ' ' : '') + one.tagName.toLowerCase() + ' ' +
    (one.getAttribute('aria-label') || one.title || one.innerText || one.name || '').replace(/\\s+/g, ' ').slice(0, 50);
  const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => { paint.clearRect(0, 0, 1, 1); paint.fillStyle = color; paint.fillRect(0, 0, 1, 1); return paint.getImageData(0, 0, 1, 1).data; };
  const light = (color) => { const [r, g, b] = [...rgba(color)].map((one) => { const c = one / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (one) => { for (let at = one.parentElement; at !== null; at = at.parentElement) { const color = getComputedStyle(at).backgroundColor;
    if (rgba(color)[3] > 200) return color; } return 'white'; };
  const contrast = (a, b) => { const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y); return (bright + 0.05) / (dark + 0.05); };
  const ring = (one) => {
    const style = getComputedStyle(one);
    if (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) {
      const ratio = contrast(style.outlineColor, behind(one));
      return rgba(style.outlineColor)[3] < 128 || ratio < 3 ? ['the outline hardly stands off: ' + style.outlineColor + ' on ' + behind(one)] : [];
    }
    const was = before.get(one);
    const now = looks(one);
    return was !== undefined && (was.boxShadow !== now.boxShadow || was.borderColor !== now.borderColor) ? [] : ['nothing shows the focus'];
  };
  const covered = (one) => {
    const boxes = [...one.getClientRects()].filter(({ width, height }) => width > 0 && height > 0);
    const points = boxes.flatMap(({ left, right, top, bottom }) => {
      // Of what is larger than the screen a part is enough.
      const [l, r, t, b] = [Math.max(left, 0), Math.min(right, innerWidth), Math.max(top, 0), Math.min(bottom, innerHeight)];
      return [0.15, 0.5, 0.85].map((part) => [l + (r - l) * part, t + (b - t) * part]);
    });
    const shown = points.some(([x, y]) => { const hit = document.elementFromPoint(x, y);
      return hit !== null && (hit === one || one.contains(hit) || [...(one.labels ?? [])].some((label) => label.contains(hit))); });
    return shown ? [] : ['is not to be seen, or under something else'];
  };
  window.walk = {
    look: (back) => {
      const one = document.activeElement;
      if (one === null || one === document.body || one === document.documentElement || (seen.has(one) && one !== last)) return null;
      const faults = [...ring(one), ...covered(one)];
      // The parts of a date are stops of their own.
      stays = one === last ? stays + 1 : 0;
      if (stays > (/^(date|time)/.test(one.type ?? '') ? 8 : 0)) faults.push('Tab does not leave it');
      if (stays > 20) return null;
      if (last !== null && one !== last) {
        const follows = (last.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
        if (follows === back) faults.push('stands ' + (back ? 'after' : 'before') + ' the stop before it');
      }
      seen.add(one);
      last = one;
      return { name: nameOf(one), faults };
    },
    missed: () => due.filter((one) => !seen.has(one) && one.isConnected && !group(one).some((other) => one.type === 'radio' && seen.has(other))).map(nameOf),
  };
})()`;
