import type { Store } from './ports.ts';

const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks');

/** Does the work of a request in the name of the address it came from: `auditing` finds it there, however deep. */
export const during = <T>(visitor: string, work: () => Promise<T>): Promise<T> => visits.run(visitor, work);

/** A store whose audit lines say where the request came from, unless the line says so itself. */
export const auditing = (store: Store): Store => ({
  ...store,
  audit: (entry) => {
    const visitor = visits.getStore() ?? '';
    return store.audit(visitor === '' ? entry : { visitor, ...entry });
  },
});

const visits = new AsyncLocalStorage<string>();
