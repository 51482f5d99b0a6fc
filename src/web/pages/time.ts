import type { Context } from 'koa';
import { AgentRefusal } from '../../agent/client.ts';
import { momentOf } from '../../policy/zones.ts';
import { mustBeAble, type Pages, tokenOf, type Web } from '../context.ts';
import { setFlash } from '../flash.ts';
import { type Faults, fault, faultsOf, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { seeOther, showPage } from '../frame.ts';
import { problemText, revisionAgain, revisionOf, savedText, saveEdit } from '../save.ts';

const path = '/services/time';
const names = ['servers', 'serveGreen'] as const;

/** Services → Time: where the box takes the time from, whether GREEN may have it, and the clock by hand. */
export const timePages: Pages = (router, web) => {
  router.get(path, (ctx) => show(web, ctx, {}, noFaults));
  router.post(path, (ctx) => save(web, ctx));
  router.post(`${path}/clock`, (ctx) => setClock(web, ctx));
};

const save = async (web: Web, ctx: Context): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const fields = fieldsOf(ctx);
  const values = take(fields, names);
  const sent = revisionOf(fields);
  const servers = values.servers.split(/[\s,]+/).filter((one) => one !== '');
  const value = { servers, serveGreen: values.serveGreen === 'on' };
  const saved = await saveEdit(web.agent, ctx, { do: 'section', section: 'time', value }, sent);
  if (!saved.ok) {
    ctx.status = saved.moved ? 409 : 422;
    const faults = faultsOf(saved, (place) => (place.startsWith('servers') ? 'servers' : undefined));
    const wrong = saved.problems.flatMap(({ place, message }) => {
      const server = servers[Number(/^time\/servers\/(\d+)$/.exec(place)?.[1] ?? Number.NaN)];
      return server === undefined ? [] : [`${server}: ${message}`];
    });
    if (wrong.length > 0) faults.fields.servers = wrong.join(' ');
    return show(web, ctx, values, faults, (newest) => revisionAgain(saved, sent, newest));
  }
  setFlash(ctx, 'done', savedText(saved.cut));
  seeOther(ctx, path);
};

const show = async (
  web: Web,
  ctx: Context,
  typed: Record<string, string>,
  faults: Faults,
  again = (newest: number) => newest,
): Promise<void> => {
  const [{ policy, revision }, clock] = await Promise.all([
    web.agent('policy.get', {}, tokenOf(ctx)),
    web.agent('time.get', {}, tokenOf(ctx)),
  ]);
  const { time, network } = policy;
  const kept = { servers: time.servers.join('\n'), serveGreen: time.serveGreen ? 'on' : '' };
  await showPage(web, ctx, { title: 'Time', nav: 'time' }, 'time.njk', {
    form: formOf({ ...kept, ...typed }, faults),
    revision: again(revision),
    clock,
    shown: clockText(clock.time, network.timezone),
    sources: clock.sources.map((one) => ({ ...one, off: one.offset === null ? '' : spanText(one.offset) })),
    difference: spanText(clock.offset),
    serveGreen: time.serveGreen,
    address: network.green.address,
  });
};

/** Asks first: rules with a time frame begin and end by this clock. */
const setClock = async (web: Web, ctx: Context): Promise<void> => {
  mustBeAble(ctx, 'administer');
  const fields = fieldsOf(ctx);
  const values = take(fields, ['date', 'clock']);
  const [{ policy }, now] = await Promise.all([
    web.agent('policy.get', {}, tokenOf(ctx)),
    web.agent('time.get', {}, tokenOf(ctx)),
  ]);
  const zone = policy.network.timezone;
  const time = typedTime(values.date, values.clock, zone);
  const refuse = (faults: Faults) => {
    ctx.status = 422;
    return show(web, ctx, values, faults);
  };
  if (time === null) return refuse(fault('date', 'Not a date and time. Write them like 2026-11-22 and 20:45.'));
  if (fields.get('step') !== 'set') {
    const struct = { values, now: clockText(now.time, zone), wanted: clockText(time, zone) };
    return showPage(web, ctx, { title: 'Set the clock', nav: 'time' }, 'time-set.njk', struct);
  }
  try {
    await web.agent('clock.set', { time }, tokenOf(ctx));
  } catch (error) {
    if (!(error instanceof AgentRefusal) || error.status !== 422) throw error;
    return refuse(fault('date', problemText(error.problems) || error.message));
  }
  setFlash(ctx, 'done', `The clock is set to ${clockText(time, zone)}.`);
  seeOther(ctx, path);
};

/** A wall clock's time in the box's zone as seconds since the epoch; null: not a time. */
const typedTime = (date: string, clock: string, zone: string): number | null => {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date.trim()) ?? [];
  const [, hour, minute, second] = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(clock.trim()) ?? [];
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  // The 31st of a month that has 30 days becomes the 1st of the next.
  if (hour === undefined || Number.isNaN(at.getTime()) || at.getUTCDate() !== Number(day)) return null;
  const wall = { year: Number(year), month: Number(month), day: Number(day), weekday: at.getUTCDay() };
  return momentOf(zone, wall, Number(hour) * 60 + Number(minute), 'first') + Number(second ?? 0);
};

/** `Sunday, 22 November 2026 at 20:45:03`, for people who look whether the year is right. */
const clockText = (time: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'medium', timeZone }).format(time * 1000);

/** `0.2 ms`, `1.5 s`. */
const spanText = (seconds: number): string => {
  const span = Math.abs(seconds);
  if (span < 0.000_1) return 'less than 0.1 ms';
  return span < 1 ? `${(span * 1000).toFixed(1)} ms` : `${span.toFixed(1)} s`;
};
