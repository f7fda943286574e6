import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { FleetSite, SitesQuery } from '#contract/fleet-client.ts';
import { connection } from '../../../data/connection.ts';
import { fleet } from '../../data/api.ts';

const PAGE = 100;
/** Those in sight are asked anew so often. */
const EVERY_MS = 5000;
/** Somebody scrolls: only where he stops is asked for. */
const PATIENCE_MS = 120;

export interface Rows {
  /** One for each row of the list; undefined where it has not come yet. */
  readonly rows: readonly (FleetSite | undefined)[];
  readonly error: Error | undefined;
  readonly see: (first: number, count: number) => void;
}

/**
 * The rows of a list that are in sight, out of however many there are.
 * @param total how many the list has, by the figures of the fleet
 */
export function useRows(query: SitesQuery, total: number): Rows {
  const key = JSON.stringify(query);
  const [known, setKnown] = useState<{ readonly key: string; readonly pages: Pages }>({
    key,
    pages: new Map(),
  });
  const [error, setError] = useState<Error>();
  const seen = useRef({ first: 0, count: 50 });
  const [moved, setMoved] = useState(0);

  const see = useCallback((first: number, count: number) => {
    if (
      pageOf(first) !== pageOf(seen.current.first) ||
      pageOf(first + count) !== pageOf(lastOf(seen.current))
    )
      setMoved((before) => before + 1);
    seen.current = { first, count };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: asked by what is wanted, and by what has come into sight
  useEffect(() => {
    const stop = new AbortController();
    const ask = async (): Promise<void> => {
      for (let page = pageOf(seen.current.first); page <= pageOf(lastOf(seen.current)); page++) {
        const { items } = await fleet.sites({ ...query, offset: page * PAGE, limit: PAGE }, stop.signal);
        setKnown((before) => ({
          key,
          pages: new Map([...(before.key === key ? before.pages : []), [page, items]]),
        }));
      }
    };
    const run = async (): Promise<void> => {
      await pause(PATIENCE_MS);
      while (!stop.signal.aborted) {
        if (!document.hidden && connection.value.state === 'up') {
          const failed = await ask().then(
            () => undefined,
            (failure: Error) => failure,
          );
          if (!stop.signal.aborted) setError(failed);
        }
        await pause(EVERY_MS);
      }
    };
    void run();
    return () => stop.abort();
  }, [key, moved]);

  const rows = useMemo(() => {
    const pages: Pages = known.key === key ? known.pages : new Map();
    return Array.from({ length: total }, (_, i) => pages.get(pageOf(i))?.[i % PAGE]);
  }, [known, key, total]);
  return { rows, error, see };
}

type Pages = ReadonlyMap<number, readonly FleetSite[]>;

const pageOf = (row: number): number => Math.floor(Math.max(0, row) / PAGE);
const lastOf = ({ first, count }: { readonly first: number; readonly count: number }): number =>
  first + Math.max(0, count - 1);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
