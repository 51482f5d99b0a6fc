import nunjucks from 'nunjucks';
import { type Assets, assetUrl } from './assets.ts';
import { formatAgo, formatBytes, formatCount, formatRate, formatSpan, formatTime, isoTime } from './format.ts';
import { addressOf } from './paging.ts';

/** Renders a view to a string. A view that prints something undefined is a fault, not an empty place. */
export type Render = (view: string, struct: object) => string;

/** A renderer for the views in a folder; they are compiled once. */
export const createRender = (folder: string, assets: Assets): Render => {
  const loader = new nunjucks.FileSystemLoader(folder, { noCache: false, watch: false });
  const environment = new nunjucks.Environment(loader, {
    autoescape: true,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
  });
  environment.addGlobal('asset', (name: string) => assetUrl(assets, name));
  environment.addGlobal('address', (path: string, query: Record<string, string | number>) => addressOf(path, query));
  const filters = {
    bytes: formatBytes,
    count: formatCount,
    rate: formatRate,
    span: formatSpan,
    time: formatTime,
    iso: isoTime,
    ago: formatAgo,
  };
  for (const [name, filter] of Object.entries(filters)) environment.addFilter(name, filter as () => string);
  return (view, struct) => environment.render(view, struct);
};
