import { Busboy } from '@fastify/busboy';
import type { Context, Middleware } from 'koa';
import { mustBeAble, type State } from './context.ts';

/** A file that a form sent. `name` is what the browser calls it: never a path on this box. Of one that is too large nothing is kept. */
export type Upload = { name: string; bytes: Buffer; large: boolean };

/** Longest upload, in bytes. */
export const UPLOAD_MAX = 16_000_000;

/**
 * Reads forms with a file, on the one page that has them. Who may not import is refused before: 16 MB are not for everyone to have
 * read. The other fields go where those of plain forms are, so that the check against forgery finds its token.
 */
export const takeUpload: Middleware = async (ctx, next) => {
  const wanted = ctx.method === 'POST' && ctx.path === '/firewall/import' && ctx.is('multipart/form-data') !== false;
  if (!wanted || (ctx.state as State).session === undefined) return next();
  mustBeAble(ctx, 'administer');
  const { fields, upload } = await parse(ctx);
  (ctx.request as { rawBody?: string }).rawBody = fields.toString();
  uploads.set(ctx, upload);
  await next();
};

/** The file of this request; null when none was chosen. */
export const uploadOf = (ctx: Context): Upload | null => uploads.get(ctx) ?? null;

const uploads = new WeakMap<object, Upload | null>();

const parse = (ctx: Context): Promise<{ fields: URLSearchParams; upload: Upload | null }> =>
  new Promise((resolve, reject) => {
    const fields = new URLSearchParams();
    let chunks: Buffer[] = [];
    let name = '';
    let large = false;
    const broken = () =>
      reject(Object.assign(new Error('The upload is damaged. Send it again.'), { status: 400, expose: true }));
    const { 'content-type': type = '' } = ctx.headers;
    let form: InstanceType<typeof Busboy>;
    try {
      form = new Busboy({
        headers: { ...ctx.headers, 'content-type': type },
        limits: { files: 1, fileSize: UPLOAD_MAX, fields: 10, fieldSize: 1000, parts: 12, headerPairs: 20 },
      });
    } catch {
      broken();
      return;
    }
    form.on('field', (field, value) => fields.append(field, value));
    form.on('file', (_field, stream, filename) => {
      name = filename ?? '';
      stream.on('data', (chunk: Buffer) => {
        if (!large) chunks.push(chunk);
      });
      stream.on('limit', () => {
        large = true;
        chunks = [];
      });
    });
    form.on('error', broken);
    form.on('finish', () => {
      const bytes = Buffer.concat(chunks);
      const none = name === '' && bytes.length === 0 && !large;
      resolve({ fields, upload: none ? null : { name, bytes, large } });
    });
    ctx.req.once('aborted', broken);
    ctx.req.pipe(form);
  });
