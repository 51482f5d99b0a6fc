import type { Context } from 'koa';
import type { CertificateInfo } from '../../agent/api.ts';
import { AgentRefusal } from '../../agent/client.ts';
import { mustBeAble, type Pages, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, fault, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { isoTime } from '../format.ts';
import { askStatus, seeOther, showPage } from '../frame.ts';

const path = '/system/certificate';

/** System → Certificate: the one that these pages show, another in its place, and the way back to the box's own. */
export const certificatePages: Pages = (router, web) => {
  router.get(path, (ctx) => show(web, ctx, {}, noFaults));
  router.post(path, (ctx) => upload(web, ctx));
  router.post(`${path}/reset`, async (ctx) => {
    mustBeAble(ctx, 'administer');
    if (fieldsOf(ctx).get('sure') === null) {
      setFlash(ctx, 'refused', 'Nothing was deleted. Tick that you have the uploaded certificate elsewhere.');
      return seeOther(ctx, path);
    }
    await web.agent('certificate.reset', {}, tokenOf(ctx));
    setFlash(ctx, 'done', 'These pages show the box’s own certificate again.');
    seeOther(ctx, path);
  });
};

const upload = async (web: Web, ctx: Context): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const values = take(fieldsOf(ctx), ['chain', 'key']);
  const refuse = (faults: Faults): Promise<void> => {
    ctx.status = 422;
    // The key is not sent back: it has been on its way once too often already.
    return show(web, ctx, { chain: values.chain }, faults);
  };
  for (const field of ['chain', 'key'] as const)
    if (values[field].length > MOST) return refuse(fault(field, 'This is too long. At most 100 000 characters.'));
  try {
    await web.agent('certificate.set', values, tokenOf(ctx));
  } catch (error) {
    if (!(error instanceof AgentRefusal) || error.status !== 422) throw error;
    const [problem] = error.problems;
    return refuse(fault(problem?.place ?? '', problem?.message ?? error.message));
  }
  setFlash(
    ctx,
    'done',
    'The certificate is uploaded. Within seconds these pages show it; compare the fingerprint below.',
  );
  seeOther(ctx, path);
};

const MOST = 100_000;

const show = async (web: Web, ctx: Context, values: Record<string, string>, faults: Faults): Promise<void> => {
  const [status, { own, uploaded }, { policy }] = await Promise.all([
    askStatus(web, ctx),
    web.agent('certificate.get', {}, tokenOf(ctx)),
    web.agent('policy.get', {}, tokenOf(ctx)),
  ]);
  const { green, hostname, domain, names } = policy.network;
  const called = [green.address, hostname, `${hostname}.${domain}`, ...names];
  await showPage(web, ctx, { title: 'Certificate', nav: 'certificate', status }, 'certificate.njk', {
    path,
    form: formOf(values, faults),
    own: own === null ? null : viewOf(own),
    uploaded:
      uploaded === null
        ? null
        : {
            usable: uploaded.usable,
            expired: uploaded.info !== null && uploaded.info.to <= status.time,
            info: uploaded.info === null ? null : viewOf(uploaded.info),
            strange: uploaded.info !== null && !called.some((name) => isFor(uploaded.info?.names ?? [], name)),
          },
    called,
  });
};

const viewOf = (info: CertificateInfo) => ({ ...info, from: dayOf(info.from), to: dayOf(info.to) });

const dayOf = (time: number): string => isoTime(time).slice(0, 10);

/** Is a certificate of these names for this one? `*.example` is for one name before the dot. */
const isFor = (names: readonly string[], name: string): boolean =>
  names.some((one) => one === name || (one.startsWith('*.') && name.replace(/^[^.]+/, '*') === one));
