/** What a test sees of a page. Read from the HTML by simple means: our own pages are regular. */
export type Page = {
  html: string;
  title: string;
  /** Visible text, in one line. */
  text: string;
  forms: Form[];
  /** Message beside each field, by field name. */
  errors: Record<string, string>;
  links: string[];
};

export type Form = { action: string; method: string; fields: [name: string, value: string][]; buttons: string[] };

/** Reads one page. */
export const parseHtml = (html: string): Page => ({
  html,
  title: decode(/<title>([^<]*)<\/title>/.exec(html)?.[1] ?? ''),
  text: textOf(html),
  forms: [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, attributes = '', body = '']) => ({
    action: attribute(attributes, 'action'),
    method: attribute(attributes, 'method') || 'get',
    fields: fieldsOf(body),
    buttons: [...body.matchAll(/<button\b[^>]*>([\s\S]*?)<\/button>/g)].map(([, label = '']) => textOf(label)),
  })),
  errors: Object.fromEntries(
    [...html.matchAll(/<div class="invalid-feedback[^>]* id="([^"]*)-error"[^>]*>([\s\S]*?)<\/div>/g)].map(
      ([, name = '', message = '']) => [name, textOf(message)],
    ),
  ),
  links: [...html.matchAll(/<a\b([^>]*)>/g)].map(([, attributes = '']) => attribute(attributes, 'href')),
});

const fieldsOf = (body: string): Form['fields'] => {
  const fields: Form['fields'] = [];
  for (const [whole, tag = '', attributes = ''] of body.matchAll(/<(input|select|textarea)\b([^>]*)>/g)) {
    const name = attribute(attributes, 'name');
    if (name === '') continue;
    const rest = body.slice(body.indexOf(whole) + whole.length);
    if (tag === 'input') {
      const box = ['checkbox', 'radio'].includes(attribute(attributes, 'type'));
      if (!box || /\schecked\b/.test(attributes)) fields.push([name, attribute(attributes, 'value')]);
    } else if (tag === 'textarea')
      fields.push([name, decode(rest.slice(0, rest.indexOf('</textarea>')).replace(/^\n/, ''))]);
    else fields.push([name, chosen(rest.slice(0, rest.indexOf('</select>')))]);
  }
  return fields;
};

const chosen = (options: string): string => {
  const all = [...options.matchAll(/<option\b([^>]*)>([^<]*)/g)];
  const [, attributes = '', label = ''] = all.find(([, one = '']) => /\sselected\b/.test(one)) ?? all[0] ?? [];
  return /\bvalue=/.test(attributes) ? attribute(attributes, 'value') : decode(label);
};

const attribute = (attributes: string, name: string): string =>
  decode(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '');

const textOf = (html: string): string =>
  decode(html.replace(/<(script|style|svg|title)\b[\s\S]*?<\/\1>/g, ' ').replace(/<[^>]+>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();

const decode = (text: string): string =>
  text.replace(/&(lt|gt|quot|amp|#39|#x5C|#92);/g, (_, name: string) => entities[name] ?? '');

const entities: Record<string, string> = {
  lt: '<',
  gt: '>',
  quot: '"',
  amp: '&',
  '#39': "'",
  '#92': '\\',
  '#x5C': '\\',
};
