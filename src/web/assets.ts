import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Middleware } from 'koa';

/** A static file. `tag` is part of its address, so that browsers may keep it for good; `zipped` is made when first asked for. */
export type Asset = { type: string; body: Buffer; zipped: () => Promise<Buffer>; tag: string };
export type Assets = Map<string, Asset>;

/** Reads every file of `folder`, and `others` (name → path). On the box the image builder has put all into one folder. */
export const loadAssets = (folder: string, others: Record<string, string> = {}): Assets => {
  const own = readdirSync(folder).map((name): [string, string] => [name, join(folder, name)]);
  return new Map([...Object.entries(others), ...own].map(([name, path]) => [name, toAsset(path)]));
};

/** The address of an asset in a page. An unknown name is a programmer's error. */
export const assetUrl = (assets: Assets, name: string): string => {
  const asset = assets.get(name);
  if (asset === undefined) throw new Error(`No asset is called ${name}`);
  return `/static/${name}?${asset.tag}`;
};

/** Serves `/static/…` from memory. With its tag in the address a file never changes; without it, it is asked for again. */
export const serveAssets =
  (assets: Assets): Middleware =>
  async (ctx, next) => {
    if (!ctx.path.startsWith('/static/') || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next();
    const asset = assets.get(ctx.path.slice('/static/'.length));
    if (asset === undefined) return ctx.throw(404);
    ctx.status = 200;
    ctx.type = asset.type;
    ctx.etag = asset.tag;
    ctx.set('Cache-Control', ctx.querystring === asset.tag ? 'private, max-age=31536000, immutable' : 'no-cache');
    ctx.vary('Accept-Encoding');
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
    const packed = ctx.acceptsEncodings('gzip', 'identity') === 'gzip' && asset.body.length > 1000;
    if (packed) ctx.set('Content-Encoding', 'gzip');
    ctx.body = packed ? await asset.zipped() : asset.body;
  };

const toAsset = (path: string): Asset => {
  const body = readFileSync(path);
  const tag = createHash('sha256').update(body).digest('base64url').slice(0, 12);
  let zipped: Promise<Buffer> | undefined;
  return {
    type: extname(path),
    body,
    zipped: () => {
      zipped ??= zip(body);
      return zipped;
    },
    tag,
  };
};

const zip = promisify(gzip) as (body: Buffer) => Promise<Buffer>;
