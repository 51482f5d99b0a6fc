import { type Page, parseHtml } from './page.ts';

/** A browser without script: it keeps cookies, follows redirects after forms, and fills in what a page's form already holds. */
export class Browser {
  page: Page = parseHtml('');
  status = 0;
  /** Where the last answer came from, after redirects. */
  path = '';
  headers = new Headers();
  readonly url: string;
  readonly cookies = new Map<string, string>();

  constructor(url: string) {
    this.url = url;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Page> {
    return this.#ask(path, { headers });
  }

  /** Sends the form of the page in hand whose action is `action` (`''`: the page's own address), with these fields changed. */
  async submit(action: string, fields: Record<string, string | string[]>, without: string[] = []): Promise<Page> {
    const form = this.page.forms.find((one) => one.action === action);
    if (form === undefined) throw new Error(`${this.path} has no form for ${JSON.stringify(action)}`);
    const body = new URLSearchParams(form.fields.filter(([name]) => !(name in fields) && !without.includes(name)));
    for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) body.append(name, one);
    return this.post(action === '' ? this.path : action, body);
  }

  async post(path: string, body: URLSearchParams, headers: Record<string, string> = {}): Promise<Page> {
    return this.#ask(path, { method: 'POST', body, headers });
  }

  async #ask(path: string, request: RequestInit & { headers: Record<string, string> }): Promise<Page> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...request.headers, ...(cookie === '' ? {} : { cookie }) };
    const answer = await fetch(`${this.url}${path}`, { ...request, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) this.#keep(line);
    this.path = path;
    this.status = answer.status;
    this.headers = answer.headers;
    this.page = parseHtml(await answer.text());
    const next = answer.headers.get('location');
    if (answer.status === 307) return this.#ask(path, request);
    if (answer.status < 300 || answer.status > 399 || next === null) return this.page;
    return this.#ask(new URL(next, this.url).pathname + new URL(next, this.url).search, { headers: {} });
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (value === '') this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}
