import { useEffect, useState } from 'react';
import type { CheckedConfig } from '#contract/client.ts';
import { api } from '../../../data/api.ts';
import { connection } from '../../../data/connection.ts';

/** What the site says of a text; what it said of the one before stays until then. */
export interface Check {
  readonly checked: CheckedConfig | undefined;
  readonly isAsking: boolean;
  readonly error: Error | undefined;
}

/** Typing goes on: only what was meant is asked for. */
const PATIENCE_MS = 350;
const NOTHING: Check = { checked: undefined, isAsking: true, error: undefined };

/** Has a site file checked by the site each time that it changes, or that another file runs there. */
export function useCheck(text: string | undefined, running: string | undefined): Check {
  const [check, setCheck] = useState(NOTHING);
  // biome-ignore lint/correctness/useExhaustiveDependencies: against another file there are other changes
  useEffect(() => {
    if (text === undefined) return;
    const asking = new AbortController();
    const ask = async () => {
      await connection.until(({ state }) => state === 'up', asking.signal);
      const checked = await api.checkConfig({ text }, asking.signal);
      setCheck({ checked, isAsking: false, error: undefined });
    };
    const begin = () => {
      setCheck((before) => ({ ...before, isAsking: true }));
      ask().catch((error: Error) => {
        if (!asking.signal.aborted) setCheck((before) => ({ ...before, isAsking: false, error }));
      });
    };
    const timer = setTimeout(begin, PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [text, running]);
  return check;
}
