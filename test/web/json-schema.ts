/** A JSON Schema, as far as our document uses it. */
export type Schema = Record<string, unknown>;

/** The keywords that are judged here; a document with another one would be judged too kindly. */
export const KEYWORDS = new Set([
  ...['$ref', 'type', 'properties', 'required', 'additionalProperties', 'propertyNames', 'items', 'anyOf', 'oneOf'],
  ...['const', 'enum', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems', 'format'],
  ...['default', 'description'],
]);

/** What is wrong with a value by a schema, in sentences with the place; references are looked up in `root`. */
export const faultsOf = (value: unknown, schema: Schema, root: Schema, at = 'the body'): string[] => {
  if (typeof schema.$ref === 'string') return faultsOf(value, lookUp(schema.$ref, root), root, at);
  return [
    ...kindFaults(value, schema, at),
    ...choiceFaults(value, schema, root, at),
    ...sizeFaults(value, schema, at),
    ...(Array.isArray(value) && schema.items !== undefined
      ? value.flatMap((one, index) => faultsOf(one, schema.items as Schema, root, `${at}/${index}`))
      : []),
    ...(isObject(value) && schema.type === 'object' ? objectFaults(value, schema, root, at) : []),
  ];
};

/** What a reference means. Throws when it leads nowhere. */
export const lookUp = (reference: string, root: Schema): Schema => {
  if (!reference.startsWith('#/')) throw new Error(`${reference} leads out of the document`);
  let here: unknown = root;
  for (const step of reference.slice(2).split('/')) here = (here as Schema | undefined)?.[step];
  if (here === undefined) throw new Error(`${reference} leads nowhere`);
  return here as Schema;
};

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const typeOf = (value: unknown): string[] => {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  if (typeof value === 'number') return Number.isInteger(value) ? ['integer', 'number'] : ['number'];
  return [typeof value];
};

const kindFaults = (value: unknown, { type, const: only, enum: some }: Schema, at: string): string[] => {
  const types = type === undefined ? null : [type].flat();
  return [
    ...(types !== null && !typeOf(value).some((one) => types.includes(one))
      ? [`${at} is no ${types.join(' or ')}`]
      : []),
    ...(only !== undefined && value !== only ? [`${at} is not ${only}`] : []),
    ...(Array.isArray(some) && !some.includes(value) ? [`${at} is none of ${some.join(', ')}`] : []),
  ];
};

const choiceFaults = (value: unknown, { anyOf, oneOf }: Schema, root: Schema, at: string): string[] => {
  const fits = (choices: unknown) =>
    (choices as Schema[]).filter((one) => faultsOf(value, one, root, at).length === 0).length;
  return [
    ...(anyOf !== undefined && fits(anyOf) === 0 ? [`${at} fits no choice`] : []),
    ...(oneOf !== undefined && fits(oneOf) !== 1 ? [`${at} fits ${fits(oneOf)} choices`] : []),
  ];
};

const sizeFaults = (value: unknown, schema: Schema, at: string): string[] => {
  const { pattern, minLength, maxLength, minimum, maximum, minItems, maxItems } = schema as Record<string, number>;
  const outside = (size: number, least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY) =>
    size < least || size > most;
  if (typeof value === 'string') {
    const odd = pattern !== undefined && !new RegExp(String(pattern), 'u').test(value);
    return odd || outside(value.length, minLength, maxLength) ? [`${at} is no such text`] : [];
  }
  if (typeof value === 'number') return outside(value, minimum, maximum) ? [`${at} is out of range`] : [];
  return Array.isArray(value) && outside(value.length, minItems, maxItems) ? [`${at} has another length`] : [];
};

const objectFaults = (value: Schema, schema: Schema, root: Schema, at: string): string[] => {
  const {
    properties = {},
    required = [],
    additionalProperties: more,
  } = schema as {
    properties?: Record<string, Schema>;
    required?: string[];
    additionalProperties?: boolean | Schema;
  };
  return [
    ...required.filter((name) => !Object.hasOwn(value, name)).map((name) => `${at} has no ${name}`),
    ...Object.entries(value).flatMap(([name, inner]) => {
      const known = properties[name];
      if (known !== undefined) return faultsOf(inner, known, root, `${at}/${name}`);
      if (more === false) return [`${at} has a ${name}, which is not known`];
      return isObject(more) ? faultsOf(inner, more, root, `${at}/${name}`) : [];
    }),
  ];
};
