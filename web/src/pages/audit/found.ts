import { useCallback, useEffect, useRef, useState } from 'react';
import type { EventView } from '#contract/client.ts';
import { pagesBack } from '../../data/event-pages.ts';
import { useEvents } from '../../data/live.ts';
import { type Asked, isNew, isWanted, siteQuery } from './asked.ts';

/** Shown before somebody asks for more. */
const AT_ONCE = 100;

export interface Found {
  /** Newest first. */
  readonly events: readonly EventView[];
  readonly isBusy: boolean;
  /** Nothing older is kept. */
  readonly isEnd: boolean;
  readonly error: Error | undefined;
  /** Has come since, and is not in the list. */
  readonly fresh: number;
}

const NOTHING: Found = { events: [], isBusy: true, isEnd: false, error: undefined, fresh: 0 };

/** Every wanted event from the newest back, for lists and for files. */
export async function* wantedBack(asked: Asked, signal: AbortSignal): AsyncIterable<readonly EventView[]> {
  for await (const page of pagesBack(siteQuery(asked), signal))
    yield page.filter((event) => isWanted(asked, event)).toReversed();
}

/** What fits, a portion at a time: the whole journal can be gone through. */
export function useFound(asked: Asked): Found & { readonly more: () => void; readonly again: () => void } {
  const [found, setFound] = useState(NOTHING);
  const [round, setRound] = useState(0);
  const more = useRef<() => void>(() => {});
  // biome-ignore lint/correctness/useExhaustiveDependencies: each round looks anew from the newest
  useEffect(() => {
    const stop = new AbortController();
    const pages = wantedBack(asked, stop.signal)[Symbol.asyncIterator]();
    setFound(NOTHING);
    const take = async () => {
      setFound((before) => ({ ...before, isBusy: true, error: undefined }));
      try {
        const { events, isEnd } = await portion(pages);
        if (stop.signal.aborted) return;
        setFound((before) => ({ ...before, events: [...before.events, ...events], isBusy: false, isEnd }));
      } catch (error) {
        if (!stop.signal.aborted)
          setFound((before) => ({ ...before, isBusy: false, isEnd: true, error: error as Error }));
      }
    };
    more.current = () => void take();
    void take();
    return () => stop.abort();
  }, [asked, round]);
  useEvents(
    useCallback(
      (events: readonly EventView[]) => {
        const fresh = events.filter((event) => isNew(asked, event)).length;
        if (fresh > 0) setFound((before) => ({ ...before, fresh: before.fresh + fresh }));
      },
      [asked],
    ),
  );
  return { ...found, more: () => more.current(), again: () => setRound((before) => before + 1) };
}

async function portion(
  pages: AsyncIterator<readonly EventView[]>,
): Promise<{ readonly events: readonly EventView[]; readonly isEnd: boolean }> {
  const events: EventView[] = [];
  while (events.length < AT_ONCE) {
    const { value, done } = await pages.next();
    if (done) return { events, isEnd: true };
    events.push(...value);
  }
  return { events, isEnd: false };
}
