import type { Handlers } from '../verbs.ts';

/** Who changed what. */
export const auditHandlers: Handlers<'audit.get'> = {
  'audit.get': ({ store }, { before, limit, q }) => store.auditLines({ before, limit, q }),
};
