import type { Store } from './ports.ts';

const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks');

/** Does the work of a request in the name of the address it came from: `auditing` finds it there, however deep. */
export const during = <T>(visitor: string, work: () => Promise<T>): Promise<T> => visits.run(visitor, work);

/**
 * A store whose audit lines say where the request came from, unless the line says so itself. A line that could not be written is
 * `trouble` until one can.
 */
export const auditing = (store: Store, trouble: Map<string, string>): Store => ({
  ...store,
  audit: async (entry) => {
    const visitor = visits.getStore() ?? '';
    try {
      await store.audit(visitor === '' ? entry : { visitor, ...entry });
      trouble.delete('audit');
    } catch (error) {
      trouble.set('audit', 'The log of changes could not be written to the disk: what was done since is not in it.');
      throw error;
    }
  },
});

const visits = new AsyncLocalStorage<string>();
