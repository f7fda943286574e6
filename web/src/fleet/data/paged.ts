import { useCallback, useEffect, useRef, useState } from 'react';
import type { Page } from '#contract/client.ts';
import { connection } from '../../data/connection.ts';

const EVERY_MS = 3000;

interface Found<T> {
  readonly pages: readonly Page<T>[];
  readonly isAsking: boolean;
  readonly error: Error | undefined;
}

export interface Paged<T> {
  readonly items: readonly T[];
  readonly hasMore: boolean;
  readonly isAsking: boolean;
  readonly error: Error | undefined;
  /** The list comes near its end. */
  readonly more: () => void;
  /** Which rows are in sight. */
  readonly see: (first: number, count: number) => void;
  /** Asks anew for what is in sight: something was done. */
  readonly again: () => void;
}

type Ask<T> = (after: string | undefined, signal: AbortSignal) => Promise<Page<T>>;

/**
 * A list that comes in pages: further ones when somebody comes near its end, and those in sight again and again.
 * @param key names what is asked for: another one begins anew
 */
export function usePaged<T>(key: string, ask: Ask<T>): Paged<T> {
  const [found, setFound] = useState<Found<T>>({ pages: [], isAsking: true, error: undefined });
  const now = useRef({ found, ask });
  now.current = { found, ask };
  const seen = useRef({ first: 0, count: 50 });
  const stop = useRef<AbortController>(undefined);

  const load = useCallback(async (index: number) => {
    const signal = stop.current?.signal;
    const { pages } = now.current.found;
    if (!signal || signal.aborted || index > pages.length) return;
    try {
      const page = await now.current.ask(index === 0 ? undefined : afterOf(pages[index - 1]), signal);
      if (!signal.aborted) setFound((before) => ({ pages: put(before.pages, index, page), ...DONE }));
    } catch (error) {
      if (!signal.aborted) setFound((before) => ({ ...before, isAsking: false, error: error as Error }));
    }
  }, []);

  const refresh = useCallback(() => {
    const { pages } = now.current.found;
    const inSight = indexesOf(pages, seen.current);
    for (const index of inSight) void load(index);
  }, [load]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another key is another list
  useEffect(() => {
    const mine = new AbortController();
    stop.current = mine;
    const nothing = { pages: [], isAsking: true, error: undefined };
    setFound(nothing);
    now.current = { ...now.current, found: nothing };
    void load(0);
    const timer = setInterval(() => {
      if (!document.hidden && connection.value.state === 'up') refresh();
    }, EVERY_MS);
    return () => {
      clearInterval(timer);
      mine.abort();
    };
  }, [key, load, refresh]);

  const more = useCallback(() => {
    const { pages, isAsking } = now.current.found;
    if (isAsking || afterOf(pages.at(-1)) === undefined) return;
    setFound((before) => ({ ...before, isAsking: true }));
    void load(pages.length);
  }, [load]);
  const see = useCallback((first: number, count: number) => {
    seen.current = { first, count };
  }, []);
  const { pages, isAsking, error } = found;
  return {
    items: pages.flatMap(({ items }) => items),
    hasMore: afterOf(pages.at(-1)) !== undefined,
    ...{ isAsking, error, more, see, again: refresh },
  };
}

const DONE = { isAsking: false, error: undefined } as const;

/** What stands behind a page goes where that page ends elsewhere by now: it is asked for anew. */
function put<T>(pages: readonly Page<T>[], index: number, page: Page<T>): readonly Page<T>[] {
  const isSame = afterOf(pages[index]) === afterOf(page);
  return [...pages.slice(0, index), page, ...(isSame ? pages.slice(index + 1) : [])];
}

function indexesOf<T>(
  pages: readonly Page<T>[],
  seen: { readonly first: number; readonly count: number },
): number[] {
  let begin = 0;
  return [...pages.entries()].flatMap(([index, { items }]) => {
    const from = begin;
    begin += items.length;
    return (from < seen.first + seen.count && begin > seen.first) || index === 0 ? [index] : [];
  });
}

const afterOf = (page: Page<unknown> | undefined): string | undefined =>
  page?.next === undefined
    ? undefined
    : (new URLSearchParams(page.next.split('?')[1]).get('after') ?? undefined);
