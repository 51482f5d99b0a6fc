import type { Context } from 'koa';
import type { Problem } from '../../policy/problem.ts';
import { mustBeAble, type Pages, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, faultsOf, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { askStatus, seeOther, showPage } from '../frame.ts';
import { revisionAgain, revisionOf, savedText, saveEdit } from '../save.ts';

const path = '/services/ssh';
const names = ['enabled', 'port', 'keys'] as const;

/** Services → SSH: the switch, the port, who may log in by which key, and how. */
export const sshPages: Pages = (router, web) => {
  router.get(path, async (ctx) => {
    const { ssh } = (await web.agent('policy.get', {}, tokenOf(ctx))).policy;
    const values = { enabled: ssh.enabled ? 'on' : '', port: String(ssh.port), keys: ssh.keys.join('\n') };
    await show(web, ctx, values, noFaults);
  });
  router.post(path, async (ctx) => {
    mustBeAble(ctx, 'administer');
    const fields = fieldsOf(ctx);
    const values = take(fields, names);
    const lines = keyLines(values.keys);
    const value = { enabled: values.enabled === 'on', port: values.port, keys: lines.map(({ key }) => key) };
    const sent = revisionOf(fields);
    const saved = await saveEdit(web.agent, ctx, { do: 'section', section: 'ssh', value }, sent);
    if (!saved.ok) {
      ctx.status = saved.moved ? 409 : 422;
      return show(web, ctx, values, sshFaults(saved, lines), (newest) => revisionAgain(saved, sent, newest));
    }
    setFlash(ctx, 'done', savedText(saved.cut));
    seeOther(ctx, path);
  });
};

type KeyLine = { key: string; line: number };

/** One key a line; empty lines and comments are passed over, but counted. */
const keyLines = (text: string): KeyLine[] =>
  text
    .split('\n')
    .map((key, index) => ({ key: key.trim(), line: index + 1 }))
    .filter(({ key }) => key !== '' && !key.startsWith('#'));

/** Each fault of a key names its line. */
const sshFaults = (saved: { at: string; problems: Problem[] }, lines: KeyLine[]): Faults => {
  const faults = faultsOf(saved, (place) => {
    if (place.startsWith('keys')) return 'keys';
    return (names as readonly string[]).includes(place) ? place : undefined;
  });
  const said = saved.problems.flatMap(({ place, message }) => {
    const line = lines[Number(/^ssh\/keys\/(\d+)/.exec(place)?.[1] ?? Number.NaN)]?.line;
    return line === undefined ? [] : [`Line ${line}: ${message}`];
  });
  if (said.length > 0) faults.fields.keys = said.join(' ');
  return faults;
};

const show = async (
  web: Web,
  ctx: Context,
  values: Record<string, string>,
  faults: Faults,
  again = (newest: number) => newest,
): Promise<void> => {
  const [status, { policy, revision }, { keys }] = await Promise.all([
    askStatus(web, ctx),
    web.agent('policy.get', {}, tokenOf(ctx)),
    web.agent('ssh.fingerprints', {}, tokenOf(ctx)),
  ]);
  const { address } = policy.network.green;
  const { port } = policy.ssh;
  await showPage(web, ctx, { title: 'SSH', nav: 'ssh', status }, 'ssh.njk', {
    form: formOf(values, faults),
    revision: again(revision),
    enabled: policy.ssh.enabled,
    running: status.services.some(({ name, running }) => name === 'sshd' && running),
    keyCount: policy.ssh.keys.length,
    command: `ssh ${port === 22 ? '' : `-p ${port} `}root@${address}`,
    fingerprints: keys,
    bot: status.bot,
  });
};
