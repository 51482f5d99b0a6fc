import type { Problem } from '../policy/problem.ts';
import type { Policy } from '../policy/schema.ts';
import { addressAdvice } from './address-values.ts';
import type { Faults } from './form.ts';
import type { Make } from './rule-makes.ts';
import { type RuleValues, ruleFields } from './rule-values.ts';

/** Where the parts of an edit stand in the policy that it makes: the rule, and the objects made with it. */
export type Places = { policy: Policy; rule: string; makes: Make[] };

/** The problems of a rule, and of what is made with it, beside their fields. One sentence for each field: the first. */
export const ruleFaults = (problems: Problem[], values: RuleValues, places: Places): Faults => {
  const faults: Faults = { fields: {}, general: [] };
  for (const problem of problems) {
    const field = fieldOf(problem.place, values, places);
    if (field !== undefined) faults.fields[field] ??= sentenceFor(field, problem.message, values);
    else faults.general.push(problem.owner === '' ? problem.message : `${problem.owner}: ${problem.message}`);
  }
  return faults;
};

const fieldOf = (place: string, values: RuleValues, places: Places): string | undefined => {
  if (place === places.rule || place.startsWith(`${places.rule}/`))
    return fieldOfRulePlace(place.slice(places.rule.length + 1), values);
  const counts: Record<string, number> = {};
  for (const { edit, fields } of places.makes) {
    const { collection } = edit;
    const at = `${collection}/${places.policy[collection].length + (counts[collection] ?? 0)}`;
    counts[collection] = (counts[collection] ?? 0) + 1;
    if (place !== at && !place.startsWith(`${at}/`)) continue;
    const [part = ''] = place.slice(at.length + 1).split('/');
    return fields[part] ?? fields[''];
  }
  return undefined;
};

const fieldOfRulePlace = (place: string, values: RuleValues): string | undefined => {
  const [part = '', second = '', third = ''] = place.split('/');
  if (part === 'source' || part === 'destination') {
    const field = { pick: `${part}Pick`, newAddress: `${part}AddressName`, newGroup: `${part}GroupName` }[values[part]];
    return field ?? part;
  }
  if (part === 'service') {
    const field = { pick: 'servicePick', newService: 'serviceNewName', newGroup: 'serviceGroupName' }[values.service];
    return field ?? 'service';
  }
  if (part === 'expires') return 'expiry';
  if (part === 'limit') {
    const fields = { for: 'limitFor', rate: 'limitRate', per: 'limitPer', burst: 'limitBurst' };
    return fields[second as keyof typeof fields] ?? 'limitFor';
  }
  if (part === 'frame') {
    if (second === 'start') return 'frameStart';
    if (second === 'end') return 'frameEnd';
    if (third === 'from' || third === 'to') return third === 'from' ? 'monthFrom' : 'monthTo';
    return values.frame === 'week' ? 'frameDays' : 'frame';
  }
  return (ruleFields as readonly string[]).includes(part) ? part : undefined;
};

/** The policy's sentence in the words of the form: what was left empty, a name that nothing has. */
const sentenceFor = (field: string, message: string, values: RuleValues): string => {
  const text = values[field as keyof RuleValues]?.trim() ?? '';
  if (text === '' && field in unchosen) return unchosen[field as keyof typeof unchosen];
  if (/^No (address|address group) is called/.test(message) && field.endsWith('Pick'))
    return `Nothing is called “${text}”. Choose from the list, write an IP address, or make it under “New address”.`;
  if (/^No service is called/.test(message) && field === 'servicePick')
    return `No service is called “${text}”. Choose from the list, or make it under “New service”.`;
  return message.startsWith('Not an address') ? (addressAdvice(text) ?? message) : message;
};

const unchosen = {
  sourcePick: 'Choose an address or a group, or write an IP address.',
  destinationPick: 'Choose an address or a group, or write an IP address.',
  servicePick: 'Choose a service or a group.',
  sourceAddressName: 'The new address needs a name.',
  destinationAddressName: 'The new address needs a name.',
  sourceAddressValue: 'Write an IP address, a network, a range or a MAC address.',
  destinationAddressValue: 'Write an IP address, a network, a range or a DNS name.',
  sourceGroupName: 'The new group needs a name.',
  destinationGroupName: 'The new group needs a name.',
  serviceGroupName: 'The new group needs a name.',
  serviceNewName: 'The new service needs a name.',
};
