import type { Destination, Rule, ServiceRef, Source } from '../policy/schema.ts';
import { type Catalogue, type Found, NOWHERE } from './catalogue.ts';
import { readLimit } from './limit.ts';
import { cleanText, isOn, lookUp } from './names.ts';
import { oldPorts } from './objects.ts';
import { wasBoth } from './old-services.ts';
import type { RuleFields } from './rule-fields.ts';

/** One of our rules, still without id and frame. `off`: why it comes in disabled; `notes`: what changed on the way; `review`: look at it. */
export type ReadRule = { rule: Omit<Rule, 'id' | 'frame'>; off: string[]; notes: string[]; review: boolean };

/** What an old rule means here. Whatever cannot be said exactly makes it disabled, with the reason. */
export const readRule = (fields: RuleFields, catalogue: Catalogue): ReadRule => {
  const reader = new Reader(fields, catalogue);
  const rule = {
    enabled: true,
    source: reader.source(),
    ...reader.sourcePorts(),
    destination: reader.destination(),
    service: reader.service(),
    ...reader.action(),
    expires: null,
    heading: '',
    remark: reader.remark(),
  };
  if (!isOn(fields.enabled)) reader.off.unshift('It was switched off.');
  return {
    rule: { ...rule, enabled: reader.off.length === 0 },
    off: reader.off,
    notes: reader.notes,
    review: reader.review,
  };
};

class Reader {
  readonly off: string[] = [];
  readonly notes: string[] = [];
  review = false;
  readonly #fields: RuleFields;
  readonly #catalogue: Catalogue;

  constructor(fields: RuleFields, catalogue: Catalogue) {
    this.#fields = fields;
    this.#catalogue = catalogue;
  }

  source(): Source {
    const { srcNetType, srcNet, invSrcNet, srcType, src, invSrc } = this.#fields;
    if (srcNetType.startsWith('cust'))
      this.off.push(`There is no interface “${cleanText(srcNet, 40)}” here: rules are for what GREEN sends.`);
    else if (isAny(srcNet)) this.#note('It was for every interface: here it is for GREEN.');
    else if (!isGreen(srcNet))
      this.off.push(`It is for ${cleanText(srcNet, 40) || 'no interface'}: rules here are for what GREEN sends.`);
    if (isOn(invSrcNet)) this.off.push('It is for every interface but this one: Greengate has only GREEN to ask from.');
    return this.#side(srcType, src, isOn(invSrc), 'source') as Source;
  }

  destination(): Destination {
    const { chain, dstNetType, dstNet, invDstNet, dstType, dst, invDst } = this.#fields;
    if (chain === 'INPUT') return { kind: 'greengate' };
    if (isOn(invDstNet)) this.off.push('It is for every network but this one: Greengate has only RED to reach.');
    const colour = dstNetType.startsWith('color') && /^(green|blue|orange|red)_color$/i.test(dstNet);
    if (dstNetType.startsWith('cust') || (!colour && !isAny(dstNet) && !/^red$/i.test(dstNet)))
      this.off.push(
        `It is for what goes to ${cleanText(dstNet, 40) || 'no interface'}: outside of Greengate is RED only.`,
      );
    return this.#side(dstType, dst, isOn(invDst), 'destination') as Destination;
  }

  service(): ServiceRef {
    const { serviceType, service, action } = this.#fields;
    if (serviceType === '-' || serviceType === '' || service === '-' || service === '') return { kind: 'any' };
    const custom = serviceType.toLowerCase().startsWith('cust');
    const group =
      serviceType === 'serviceGroup'
        ? this.#catalogue.custom('serviceGroups', service)
        : custom
          ? null
          : this.#catalogue.boxGroup(service);
    if (!custom && group === null && serviceType !== 'default')
      this.off.push(`The kind of service “${cleanText(serviceType, 40)}” is not understood.`);
    const found = group ?? (custom ? this.#catalogue.custom('services', service) : this.#catalogue.service(service));
    if (!custom && group === null && wasBoth(service) && !/^accept$/i.test(action) && this.#fields.dialect === 'BOT')
      this.#look(`IPCop 1.4 took “${service}” for TCP and UDP; here it is ${found.name}.`);
    return { kind: group === null ? 'service' : 'group', name: this.#take(found, service), invert: false };
  }

  sourcePorts(): Pick<Rule, 'sourcePorts' | 'invertSourcePorts'> {
    const { srcPort, invSrcPort } = this.#fields;
    if (srcPort === '' || srcPort === '-') return { sourcePorts: '', invertSourcePorts: false };
    const ports = oldPorts(srcPort);
    if (ports === null) this.off.push(`The source port “${cleanText(srcPort, 40)}” is not understood.`);
    return { sourcePorts: ports ?? '', invertSourcePorts: ports !== null && isOn(invSrcPort) };
  }

  action(): Pick<Rule, 'action' | 'log' | 'limit'> {
    const { action, log, stringOn } = this.#fields;
    const known = lookUp(actions, action.toLowerCase());
    if (known === undefined) this.off.push(`The action “${cleanText(action, 40)}” is not understood.`);
    if (isOn(stringOn)) this.off.push('It looks for a text inside packets, which Greengate does not.');
    const limit = readLimit(this.#fields);
    if (limit === 'bad') this.off.push(`The limit “${cleanText(this.#fields.limit, 40)}” is not understood.`);
    return { action: known ?? 'drop', log: isOn(log) && known !== 'log', limit: limit === 'bad' ? null : limit };
  }

  remark(): string {
    const remark = cleanText(this.#fields.remark, 200);
    if (remark !== this.#fields.remark)
      this.#note('Its remark was changed: too long, or with characters that a line cannot hold.');
    return remark;
  }

  #side(type: string, value: string, invert: boolean, side: 'source' | 'destination'): Source | Destination {
    const kind = type.toLowerCase();
    if (kind.startsWith('default')) {
      if (isAny(value) || value === '-' || value === '') {
        if (invert) this.off.push(`The ${side} is “everything but Any”, which is nothing.`);
        return invert ? { kind: 'typed', value: NOWHERE, invert: false } : { kind: 'any' };
      }
      return this.#named('address', this.#catalogue.network(value), value, invert);
    }
    if (kind.startsWith('cust'))
      return this.#named('address', this.#catalogue.custom('addresses', value), value, invert);
    if (kind.startsWith('group'))
      return this.#named('group', this.#catalogue.custom('addressGroups', value), value, invert);
    if (kind.startsWith('text') || kind === 'ipdesttxt') return { kind: 'typed', value, invert };
    this.off.push(`The kind of ${side} “${cleanText(type, 40)}” is not understood.`);
    return { kind: 'typed', value: NOWHERE, invert: false };
  }

  /** Everything but a stand-in would be everything: inversion is left out there, and the rule is off anyway. */
  #named(kind: 'address' | 'group', found: Found, old: string, invert: boolean): Source {
    return { kind, name: this.#take(found, old), invert: invert && found.doubt === '' };
  }

  #take(found: Found, old: string): string {
    if (found.doubt !== '') this.off.push(found.doubt);
    else if (found.name.toLowerCase() !== old.toLowerCase())
      this.#note(`“${cleanText(old, 60)}” is “${found.name}” here.`);
    return found.name;
  }

  #note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }

  #look(text: string): void {
    this.#note(text);
    this.review = true;
  }
}

const actions: Record<string, Rule['action']> = {
  accept: 'accept',
  drop: 'drop',
  reject: 'reject',
  logonly: 'log',
  log: 'log',
};

const isAny = (text: string): boolean => /^any$/i.test(text);

const isGreen = (text: string): boolean => /^green(_?1)?$/i.test(text);
