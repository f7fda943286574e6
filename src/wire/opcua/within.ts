/**
 * The result of the work, unless its time is over first or the signal comes.
 * @param waiting the time in which this waited is not counted
 */
export function within<T>(
  work: Promise<T>,
  ms: number,
  late: () => Error,
  signal?: AbortSignal,
  waiting?: { readonly ms: number },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const beganMs = performance.now();
    const waitedMs = waiting?.ms ?? 0;
    let timer: NodeJS.Timeout;
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = () => {
      done();
      reject(signal?.reason);
    };
    const onTime = () => {
      const countedMs = performance.now() - beganMs - ((waiting?.ms ?? 0) - waitedMs);
      const leftMs = ms - countedMs;
      if (waiting && leftMs > 1) {
        timer = setTimeout(onTime, leftMs);
        return;
      }
      done();
      reject(late());
    };
    timer = setTimeout(onTime, ms);
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    work.then(
      (value) => {
        done();
        resolve(value);
      },
      (error) => {
        done();
        reject(error);
      },
    );
  });
}
