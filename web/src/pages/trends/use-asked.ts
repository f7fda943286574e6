import { useEffect, useState } from 'react';

export interface Asked<T> {
  readonly data: T | undefined;
  readonly error: Error | undefined;
}

/**
 * Asks once what has come to rest for so long; what is not wanted any more is given up. The last answer stays until
 * another one is there.
 * @param key names the question; undefined: there is nothing to ask
 */
export function useAsked<T>(
  key: string | undefined,
  ask: (signal: AbortSignal) => Promise<T>,
  restMs: number,
): Asked<T> {
  const [asked, setAsked] = useState<Asked<T>>({ data: undefined, error: undefined });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says what is asked
  useEffect(() => {
    if (key === undefined) {
      setAsked({ data: undefined, error: undefined });
      return;
    }
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const data = await ask(stop.signal);
        if (!stop.signal.aborted) setAsked({ data, error: undefined });
      } catch (error) {
        if (!stop.signal.aborted) setAsked(({ data }) => ({ data, error: error as Error }));
      }
    }, restMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [key, restMs]);
  return asked;
}
