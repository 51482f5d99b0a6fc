/** The kinds of findings, each with a name for people. */
export const findingNames = {
  never: 'Never used',
  duplicate: 'Duplicate',
  redundant: 'Superfluous',
  partly: 'Partly decided above',
  wide: 'Very wide',
  ui: 'Opens this user interface',
  proxy: 'The proxy goes round it',
  expired: 'Expired',
  unused: 'Unused group',
} as const;

export type FindingKind = keyof typeof findingNames;
