import { useCallback, useEffect, useRef, useState } from 'react';

/** Something that somebody does, once at a time: whether it goes on, and why it failed last. */
export function useAct<Args extends readonly unknown[]>(act: (...args: Args) => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const newest = useRef(act);
  const isBusy = useRef(false);
  useEffect(() => {
    newest.current = act;
  });
  const run = useCallback(async (...args: Args): Promise<void> => {
    if (isBusy.current) return; // a double click is one act
    isBusy.current = true;
    setBusy(true);
    setError(undefined);
    try {
      await newest.current(...args);
    } catch (failure) {
      setError(failure as Error);
    } finally {
      isBusy.current = false;
      setBusy(false);
    }
  }, []);
  return { run, busy, error, forget: useCallback(() => setError(undefined), []) };
}
