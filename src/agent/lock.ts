/** One at a time, in order of arrival. A failed piece of work does not stop the next. */
export const makeLock = (): Lock => {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
};

export type Lock = <T>(work: () => Promise<T>) => Promise<T>;
