import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPUTED, MARK } from './words.ts';

/**
 * What in a page's HTML is not ours, in one sentence, or null. Read as strictly as our own views are written: every `<` begins a tag that some
 * view has, with attributes in quotes; scripts come from /static and are empty; addresses stay on the box.
 */
export const alive = (html: string): string | null => {
  if (html.includes(`&${MARK}`)) return `an entity of a stranger: ${around(html, html.indexOf(`&${MARK}`))}`;
  if (html.includes(COMPUTED)) return `a text was run as a template: ${around(html, html.indexOf(COMPUTED))}`;
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at)) {
    TAG.lastIndex = at;
    const found = TAG.exec(html);
    if (found === null) return `no tag of ours: ${around(html, at)}`;
    const [whole, name = '', attributes = ''] = found;
    at += whole.length;
    const fault = name === '' ? null : tagFault(name, attributes);
    if (fault !== null) return `${fault}: ${whole.slice(0, 300)}`;
    if (name === 'script' && !html.startsWith('</script>', at))
      return `a script with a text of its own: ${around(html, at)}`;
  }
  return null;
};

const TAG =
  /<(?:!doctype html|\/[a-z][a-z0-9]*|([a-z][a-z0-9]*)((?:\s+[a-zA-Z:-]+(?:=(?:"[^"]*"|'[^'<]*'))?)*)\s*\/?)>/y;

const ATTRIBUTE = /\s+([a-zA-Z:-]+)(?:=(?:"([^"]*)"|'([^']*)'))?/g;

const tagFault = (name: string, attributes: string): string | null => {
  if (!tags.has(name)) return `no view has a <${name}>`;
  for (const [, attribute = '', double, single] of attributes.matchAll(ATTRIBUTE)) {
    const value = double ?? single ?? '';
    if (!known.has(attribute) || /^(on|style$|srcdoc$)/i.test(attribute))
      return `no view has an attribute ${attribute}`;
    if (value.includes('<')) return `an unescaped < in ${attribute}`;
    if (ADDRESSES.has(attribute) && !ADDRESS.test(value)) return `${attribute} leads away`;
  }
  if (name === 'script' && !/^(?: type="module")? src="\/static\/[a-z]+\.js\?[\w-]+"(?: defer)?$/.test(attributes))
    return 'a script of a stranger';
  return null;
};

/** On the box; or the picture of a second step's secret. */
const ADDRESS = /^(?:$|#|\?|\/(?![/\\])|data:image\/svg\+xml;base64,[A-Za-z0-9+/=]+$)/;
const ADDRESSES = new Set(['href', 'src', 'action', 'formaction', 'hx-get', 'hx-post']);

const views = join(import.meta.dirname, '../../../src/web/views');
const source = readdirSync(views)
  .map((file) => readFileSync(join(views, file), 'utf8'))
  .join('\n');
const tags = new Set([...source.matchAll(/<([a-z][a-z0-9]*)/g)].map(([, name]) => name));
const known = new Set(source.match(/[a-zA-Z:-]+/g));

const around = (html: string, at: number): string => JSON.stringify(html.slice(Math.max(0, at - 80), at + 200));
