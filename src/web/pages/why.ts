import type { Context } from 'koa';
import type { Answer, Question } from '../../agent/api.ts';
import { AgentRefusal } from '../../agent/client.ts';
import { isIp } from '../../policy/address.ts';
import { sameName } from '../../policy/resolve.ts';
import type { Policy } from '../../policy/schema.ts';
import { clockWords } from '../../policy/zones.ts';
import { can, type Pages, queryOf, tokenOf, type Web } from '../context.ts';
import { type Faults, faultsOf, formOf, noFaults } from '../form.ts';
import { showPage } from '../frame.ts';
import { addressOf } from '../paging.ts';
import { embedded } from '../pick-search.ts';
import { hostChoices, type Lease, serviceChoices } from '../picks.ts';
import { leasesOf } from '../rule-show.ts';
import { WHY } from '../why-link.ts';
import { stepsView } from '../why-view.ts';

const fields = ['from', 'to', 'service', 'mac', 'sourcePort', 'at'] as const;

/** Firewall → Why?: may somebody reach something by a service, and which rule says so. The question is the page's address. */
export const whyPages: Pages = (router, web) => {
  router.get(WHY, async (ctx) => {
    const values = Object.fromEntries(fields.map((name) => [name, queryOf(ctx, name)])) as Record<
      (typeof fields)[number],
      string
    >;
    const [{ policy }, leases] = await Promise.all([web.agent('policy.get', {}, tokenOf(ctx)), leasesOf(web, ctx)]);
    const asked = [values.from, values.to, values.service].some((text) => text !== '');
    const known = values.mac === '' ? macOf(values.from, leases) : '';
    const said = asked ? await ask(web, ctx, known === '' ? values : { ...values, mac: known }) : noFaults;
    const faults = 'verdict' in said ? noFaults : said;
    if (faults !== noFaults) ctx.status = 422;
    await showPage(web, ctx, { title: 'Why?', nav: 'why' }, 'why.njk', {
      form: formOf(values, faults),
      more: values.mac !== '' || values.sourcePort !== '' || 'mac' in faults.fields,
      hosts: embedded(hostChoices(policy, leases), { list: 'hosts' }),
      services: embedded(serviceChoices(policy), { list: 'services' }),
      zone: policy.network.timezone,
      seconds: values.at.length > 16,
      answer: 'verdict' in said ? answerView(ctx, policy, values, said, known) : null,
    });
  });
};

/** The MAC that DHCP knows of a sender: packets always have one, and rules may speak of it. */
const macOf = (from: string, leases: Lease[]): string =>
  leases.find(({ address, name }) => address === from || (name !== '' && !isIp(from) && sameName(name, from)))?.mac ??
  '';

const ask = async (web: Web, ctx: Context, question: Question): Promise<Answer | Faults> => {
  try {
    return await web.agent('policy.explain', question, tokenOf(ctx));
  } catch (error) {
    if (!(error instanceof AgentRefusal) || ![400, 422].includes(error.status)) throw error;
    return faultsOf(
      { at: '', problems: error.problems.map((one) => ({ ...one, place: `/${one.place}` })) },
      (place) => place,
    );
  }
};

const answerView = (ctx: Context, policy: Policy, { from, to, service }: Question, answer: Answer, known: string) => {
  const { verdict, rule, origin, number, sentence, outcomes, others, steps, packet } = answer;
  const denied = verdict !== 'accept';
  return {
    ...{ verdict, sentence, outcomes, steps: stepsView(steps) },
    decider:
      number === null ? null : { href: `/firewall/bot/rules/${origin}`, number, name: rule === origin ? '' : rule },
    others: others.map((one) => ({ ...one, href: number === null ? '' : `/firewall/bot/rules/${one.origin}` })),
    notes: [...(known === '' ? [] : [`${packet.from} has the MAC ${known} by its lease.`]), ...answer.notes],
    asked: `${packet.from}${packet.mac === null ? '' : ` (${packet.mac})`} to ${packet.to === 'greengate' ? 'Greengate' : packet.to}, ${clockWords(policy.network.timezone, answer.at)} ${policy.network.timezone}`,
    allow:
      denied && origin !== 'box' && can(ctx, 'administer')
        ? addressOf('/firewall/bot/rules/new', { source: from, destination: to, service })
        : '',
  };
};
