import { apiDocument } from '../../src/web/api/document.ts';
import { BASE, routes } from '../../src/web/api/routes.ts';
import { faultsOf, type Schema } from './json-schema.ts';

/** One answer of the API. `json` is null when there is no body. */
export type Answer = { status: number; json: never; headers: Headers };

export type Options = { token?: string; body?: unknown; headers?: Record<string, string>; raw?: string };

/** A program that calls the API; every answer is held against the document, too: its status must be there, and its shape. */
export class ApiClient {
  /** `METHOD /path` of each call that was answered with success. */
  readonly answered = new Set<string>();
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** Calls and, where the document knows the call, checks the answer. Throws on an answer that it does not describe. */
  async call(method: string, path: string, options: Options = {}): Promise<Answer> {
    const { token = this.#token, body, raw } = options;
    const answer = await fetch(`${this.#url}${BASE}${path}`, {
      method,
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined && raw === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(raw !== undefined ? { body: raw } : body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
    });
    const text = await answer.text();
    const json = text === '' ? null : JSON.parse(text);
    const found = described(method, path.split('?')[0] ?? '');
    if (found !== null) this.#compare(found, answer.status, json);
    return { status: answer.status, json: json as never, headers: answer.headers };
  }

  get = (path: string, options?: Options): Promise<Answer> => this.call('GET', path, options);
  put = (path: string, body: unknown, options?: Options): Promise<Answer> =>
    this.call('PUT', path, { ...options, body });
  post = (path: string, body?: unknown, options?: Options): Promise<Answer> =>
    this.call('POST', path, { ...options, body });
  patch = (path: string, body: unknown): Promise<Answer> => this.call('PATCH', path, { body });
  delete = (path: string, options?: Options): Promise<Answer> => this.call('DELETE', path, options);

  #compare({ name, operation }: Described, status: number, json: unknown): void {
    const response = operation.responses[status];
    if (response === undefined) throw new Error(`${name} answered ${status}, which the document does not know`);
    if (status < 300) this.answered.add(name);
    const schema = resolved(response).content?.['application/json']?.schema;
    if (schema === undefined) {
      if (json !== null) throw new Error(`${name} answered ${status} with a body that the document does not know`);
      return;
    }
    const faults = faultsOf(json, schema, api);
    if (faults.length > 0) throw new Error(`${name} answered ${status}, but ${faults.join('; ')}`);
  }
}

/** The document as a reader of JSON sees it. */
export const api = JSON.parse(JSON.stringify(apiDocument(routes, BASE))) as Document;

export type Document = Schema & {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

export type Operation = {
  operationId: string;
  parameters: { name: string; in: string; required?: boolean }[];
  requestBody?: { content: { 'application/json': { schema: Schema; example: unknown } } };
  responses: Record<string, Response>;
  security?: unknown[];
};

type Response = { $ref?: string; content?: { 'application/json'?: { schema?: Schema } } };
type Described = { name: string; operation: Operation };

const resolved = (response: Response): Response =>
  response.$ref === undefined
    ? response
    : ((api.components as unknown as { responses: Record<string, Response> }).responses[
        response.$ref.split('/').at(-1) ?? ''
      ] ?? {});

const described = (method: string, path: string): Described | null => {
  for (const [pattern, item] of Object.entries(api.paths)) {
    const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    const operation = item[method.toLowerCase()];
    if (operation !== undefined && expression.test(path)) return { name: `${method} ${pattern}`, operation };
  }
  return null;
};
