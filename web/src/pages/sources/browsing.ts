import { useCallback, useEffect, useRef, useState } from 'react';
import type { Found } from '#contract/client.ts';
import { api } from '../../data/api.ts';

export interface Browsing {
  readonly found: readonly Found[];
  readonly isSearching: boolean;
  readonly error: Error | undefined;
}

const NOTHING: Browsing = { found: [], isSearching: false, error: undefined };
/** Thousands come in a second: they are shown a few times a second. */
const SHOW_MS = 250;
/** For peers that speak by themselves: how long to listen. */
const LISTEN_MS = 60_000;

/** What there is at a device, through the session of its source, as it is found; ends with whoever looks. */
export function useBrowsing(id: string) {
  const [now, setNow] = useState(NOTHING);
  const searching = useRef<AbortController>(undefined);

  const stop = useCallback(() => searching.current?.abort(), []);
  const begin = useCallback(
    async (from: string) => {
      stop();
      const mine = new AbortController();
      searching.current = mine;
      const found: Found[] = [];
      setNow({ found, isSearching: true, error: undefined });
      const shows = setInterval(() => setNow((before) => ({ ...before, found: [...found] })), SHOW_MS);
      let error: Error | undefined;
      try {
        const query = { ...(from !== '' && { from }), forMs: LISTEN_MS };
        for await (const one of api.browse(id, query, mine.signal)) found.push(one);
      } catch (failure) {
        if (!mine.signal.aborted) error = failure as Error;
      }
      clearInterval(shows);
      if (searching.current === mine) setNow({ found: [...found], isSearching: false, error });
    },
    [id, stop],
  );
  useEffect(() => stop, [stop]);
  return { ...now, begin, stop };
}
