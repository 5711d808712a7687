/** A resource that is open between `open` and `close`, for beforeAll and afterAll. */
interface Held<T> {
  /** Rejects when the resource cannot be opened. */
  open(): Promise<T>;
  /** Closes it, even while it is still opening, and waits until it is closed. */
  close(): Promise<void>;
}

/** Turns a function that holds a resource while its callback runs into an `open` and a `close`. */
export function holdOpen<T>(withResource: (work: (resource: T) => Promise<void>) => Promise<void>): Held<T> {
  const opened = Promise.withResolvers<T>();
  const released = Promise.withResolvers<void>();
  let closed: Promise<void> | undefined;
  return {
    open: () => {
      closed = withResource(async (resource) => {
        opened.resolve(resource);
        await released.promise;
      });
      closed.catch(opened.reject);
      return opened.promise;
    },
    close: async () => {
      released.resolve();
      await closed?.catch(() => undefined);
    },
  };
}
