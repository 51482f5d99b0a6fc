import type { Context } from 'koa';
import { ApiRefusal } from './route.ts';

/** Longest body, in bytes: of most calls, and of those that take a whole policy or many edits. The agent takes 8 MB. */
export const BODY_MAX = 1_000_000;
export const LARGE_BODY_MAX = 7_900_000;

/** Reads a JSON body. An empty one is undefined. */
export const readJson = async (ctx: Context, max: number): Promise<unknown> => {
  if (ctx.get('Content-Encoding') !== '') throw new ApiRefusal(415, 'Send the body as it is, not compressed.');
  const text = await readText(ctx, max);
  if (text.trim() === '') return undefined;
  if (!/^application\/json\s*(;|$)/i.test(ctx.get('Content-Type')))
    throw new ApiRefusal(415, 'Send JSON, with the header Content-Type: application/json.');
  const value = parse(text);
  if (isDeep(value)) throw new ApiRefusal(400, 'The body is nested too deeply.');
  return value;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiRefusal(400, 'The body is no JSON.');
  }
};

/** Deeper than anything that Greengate takes. JSON.parse reads what JSON.stringify has no stack for. */
const isDeep = (value: unknown): boolean => {
  let level = [value];
  for (let depth = 0; depth < DEPTH_MAX && level.length > 0; depth += 1)
    level = level.flatMap((one): unknown[] => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  return level.length > 0;
};

const DEPTH_MAX = 50;

/** By events: the rest of a body that is too long is read and dropped, so that the refusal arrives. */
const readText = (ctx: Context, max: number): Promise<string> =>
  new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let length = 0;
    ctx.req.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= max) chunks.push(chunk);
      else {
        chunks = [];
        reject(new ApiRefusal(413, `The body is longer than ${max / 1_000_000} MB.`));
      }
    });
    ctx.req.on('error', reject);
    ctx.req.on('close', () => reject(new ApiRefusal(400, 'The body broke off.')));
    ctx.req.on('end', () => {
      try {
        resolve(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
      } catch {
        reject(new ApiRefusal(400, 'The body is no UTF-8.'));
      }
    });
  });
