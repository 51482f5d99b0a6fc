import type { Context } from 'koa';
import type { Policy } from '../../policy/schema.ts';
import { starterRules } from '../../policy/starter-rules.ts';
import { can, type Pages, tokenOf, type Web } from '../context.ts';
import { byRule, type FindingView, findingsAt, foundIds, summaryOf } from '../findings.ts';
import { askStatus, type Status, showPage } from '../frame.ts';
import { PAGE_SIZE, pageOf } from '../paging.ts';
import {
  filterNames,
  isFiltered,
  type ListPlace,
  listAddress,
  noFilter,
  placeOfQuery,
  placeText,
  ruleFilter,
} from '../rule-filter.ts';
import { rowsOf } from '../rule-rows.ts';
import { clockAt } from '../rule-when.ts';

/** Firewall → Block Outgoing Traffic: state, and the rules as a policy to read. */
export const botPages: Pages = (router, web) => {
  router.get('/firewall/bot', async (ctx) => {
    const place = placeOfQuery(ctx);
    const address = listAddress(place);
    // A form of filters sends its empty fields as well: they have no place in an address that people keep.
    if (Object.values(ctx.query).includes('') && ctx.get('HX-Request') === '') return ctx.redirect(address);
    if (ctx.get('HX-Trigger') === 'filter') ctx.set('HX-Push-Url', address);
    await showRules(web, ctx, place);
  });
  // What was sent to these addresses answers with the list; loaded anew they lead to it.
  for (const path of ['bulk', 'selected/done', 'heading/done'])
    router.get(`/firewall/bot/${path}`, (ctx) => ctx.redirect('/firewall/bot'));
};

/** A change that was refused because somebody else saved meanwhile: what was meant, and the form that does it after all. */
export type Meant = { action: string; fields: [name: string, value: string][]; sentence: string };

/** Answers with the list at a place; `meant` is said above it. */
export const showRules = async (web: Web, ctx: Context, place: ListPlace, meant?: Meant): Promise<void> => {
  const [status, { policy, revision }] = await Promise.all([
    askStatus(web, ctx),
    web.agent('policy.get', {}, tokenOf(ctx)),
  ]);
  const sought = await foundIds(web, ctx, place.filter, revision);
  const findings = policy.rules.length === 0 ? [] : await findingsAt(web, ctx, revision);
  await showPage(web, ctx, { title: 'Block Outgoing Traffic', nav: 'bot', status }, 'bot.njk', {
    ...listOf(web, place, policy, status, { sought, found: byRule(findings ?? []) }),
    lint: findings === null ? null : summaryOf(findings),
    // The line about findings asks for itself again: what stands at the rules came with the page, and has none.
    late: ctx.get('HX-Trigger') === 'lint',
    here: listAddress(place),
    foundHere: listAddress({ filter: { ...noFilter, state: 'found' }, page: '' }),
    bot: status.bot,
    settings: policy.settings,
    configured: policy.settings.adminMac !== '',
    offer: offerOf(ctx, policy, status),
    revision,
    meant: meant ?? null,
    defaults: { ...(status.counters.default ?? { packets: 0, bytes: 0 }), last: status.hits.default ?? 0 },
  });
};

type Found = { sought: ReadonlySet<string> | null; found: Map<string, FindingView[]> };

const listOf = (web: Web, place: ListPlace, policy: Policy, status: Status, { sought, found: marks }: Found) => {
  const passes = ruleFilter(policy, place.filter, status.time, sought);
  const found = policy.rules.flatMap((rule, index) => (passes(rule) ? [index] : []));
  const list = pageOf(found, '', place.page, () => '');
  const ids = list.rows.flatMap((index) => policy.rules[index]?.id ?? []);
  const clock = clockAt(status.timezone, status.time);
  const logged = ids.length > 0 ? web.logs.lastHits(ids) : {};
  const parts = { policy, counters: status.counters, hits: status.hits, clock, logged, found: marks };
  const total = policy.rules.length;
  const at = (page: number) => listAddress({ ...place, page: String(page) });
  return {
    list: { ...list, rows: rowsOf(parts, list.rows), total, whole: !isFiltered(place.filter) },
    filter: place.filter,
    place: placeText({ ...place, page: String(list.page) }),
    chips: chipsOf(place),
    headings: [...new Set(policy.rules.map(({ heading }) => heading))].filter((heading) => heading !== ''),
    pager: {
      first: at(1),
      previous: at(list.page - 1),
      next: at(list.page + 1),
      last: at(list.pages),
      size: PAGE_SIZE,
    },
  };
};

/** The active filters, each with the address of the list without it. */
const chipsOf = (place: ListPlace) =>
  filterNames
    .filter((name) => name !== 'q' && place.filter[name] !== '')
    .map((name) => ({
      label: chipLabels[name],
      value: chipValues[place.filter[name]] ?? place.filter[name],
      without: listAddress({ filter: { ...place.filter, [name]: '' }, page: '' }),
    }));

const chipLabels: Record<string, string> = {
  host: 'Host',
  service: 'Service',
  action: 'Action',
  state: 'State',
  heading: 'Heading',
};

const chipValues: Record<string, string> = {
  accept: 'ACCEPT',
  drop: 'DROP',
  reject: 'REJECT',
  log: 'LOG only',
  found: 'with findings',
};

/** What is offered beside the button that enables BOT for the first time. */
const offerOf = (ctx: Context, policy: Policy, status: Status) =>
  status.firstEnable && policy.settings.adminMac !== '' && status.bot === 'disabled' && can(ctx, 'administer')
    ? starterRules(policy)
    : null;
