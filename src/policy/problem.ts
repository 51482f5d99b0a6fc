/** A fault in a policy, as a value. Collected, never thrown. */
export type Problem = {
  /** Where: a path into the policy, `rules/7/service/name`. Empty for the whole. */
  place: string;
  /** The owner's own name for the thing at fault, empty when it has none. */
  owner: string;
  /** One sentence, in the owner's words, that says how to mend it. */
  message: string;
};

/** The outcome of everything that may be refused: a value, or the reasons. */
export type Result<T> = { ok: true; value: T } | { ok: false; problems: Problem[] };
