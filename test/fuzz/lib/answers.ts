import { alive } from './inert.ts';
import { MARK } from './words.ts';
import type { Answer, Sent, World } from './world.ts';

/** Longest answer to anything, in characters: the policy of a case has at most 200 000. */
const ANSWER_MAX = 4_000_000;

/** Asks the web process, and holds the answer against what every answer must be. */
export const askWeb = async (world: World, sent: Sent): Promise<{ answer: Answer; fault: string | null }> => {
  let answer = await world.web(sent);
  // A connection kept alive may have been closed just then.
  if (answer.status === 0) answer = await world.web({ ...sent, headers: { ...sent.headers, connection: 'close' } });
  // The log of the process says more than the page of a fault inside.
  const fault = reported(world) ?? (tooLong(sent) && answer.status === 0 ? null : faultOf(answer));
  if (fault === null && answer.status === 200 && isHtml(answer) && sent.method === 'GET') world.last = answer.body;
  return {
    answer,
    fault: fault === null ? null : `${sent.method} ${sent.path.slice(0, 500)} ${answer.status}: ${fault}`,
  };
};

/** Node hangs up on more than 16 kB before the body, at times before its answer is through. */
const tooLong = ({ path, headers }: Sent): boolean => path.length + JSON.stringify(headers).length > 14_000;

const isHtml = ({ headers }: Answer): boolean => String(headers['content-type']).startsWith('text/html');

const faultOf = (answer: Answer): string | null => {
  const { status, headers, body } = answer;
  if (status === 0) return 'no answer';
  if (status >= 500) return body.replace(/[\s\S]*<h1/, '').slice(0, 500);
  if (body.length > ANSWER_MAX) return `${body.length} characters`;
  if (headers[MARK] !== undefined || String(headers['set-cookie']).includes(`${MARK}=`))
    return 'a header of a stranger';
  const { location } = headers;
  if (location !== undefined && !/^\/(?![/\\])[\x21-\x7e]*$/.test(location)) return `sent to ${location}`;
  const redirect = headers['hx-redirect'];
  if (redirect !== undefined && !/^\/(?![/\\])/.test(String(redirect))) return `htmx is sent to ${redirect}`;
  if (headers['x-content-type-options'] !== 'nosniff' && status !== 400 && status !== 431) return 'no nosniff';
  if (isHtml(answer)) return alive(body);
  if (String(headers['content-type']).startsWith('application/json')) return jsonFault(body);
  return body.includes(`<${MARK}`) ? `markup as ${headers['content-type']}` : null;
};

export const jsonFault = (body: string): string | null => {
  try {
    JSON.parse(body);
    return null;
  } catch {
    return `no JSON: ${body.slice(0, 200)}`;
  }
};

/** What the web process would have written to its log: a fault inside. */
const reported = (world: World): string | null => {
  const [first] = world.ui.reports.splice(0);
  return first === undefined
    ? null
    : `reported ${first.replaceAll(/^.*Template render error.*\n/gm, '').slice(0, 1500)}`;
};
