import { useCallback, useEffect, useRef, useState } from 'react';
import type { TagValue } from '#contract/client.ts';
import { transport } from '../../data/transport.ts';

export interface Found {
  readonly tags: readonly TagValue[];
  /** Whether there are more than have been asked for. */
  readonly hasMore: boolean;
  readonly isAsking: boolean;
  readonly error: Error | undefined;
}

const NOTHING: Found = { tags: [], hasMore: false, isAsking: true, error: undefined };
const PAGE = 500;
/** Typing goes on: only what was meant is asked for. */
const PATIENCE_MS = 120;

/**
 * Tags below a place whose path or description holds a text; further ones are asked for when the list comes near its end.
 * @param at path of a place; empty for all
 */
export function useFound(at: string, text: string): Found & { readonly more: () => void } {
  const [found, setFound] = useState(NOTHING);
  const next = useRef<string>(undefined);
  const asking = useRef<AbortController>(undefined);

  const ask = useCallback(async (query: object, link: string | undefined) => {
    asking.current?.abort();
    const mine = new AbortController();
    asking.current = mine;
    setFound((before) => ({ ...before, isAsking: true }));
    try {
      const call = { method: 'GET', path: '/api/tags', query, signal: mine.signal } as const;
      const page = await transport.page<TagValue>(call, link);
      if (mine.signal.aborted) return;
      next.current = page.next;
      setFound((before) => ({
        tags: link === undefined ? page.items : [...before.tags, ...page.items],
        hasMore: page.next !== undefined,
        isAsking: false,
        error: undefined,
      }));
    } catch (error) {
      if (!mine.signal.aborted) setFound((before) => ({ ...before, isAsking: false, error: error as Error }));
    }
  }, []);

  useEffect(() => {
    const search = text.trim();
    const query = { prefix: at === '' ? '' : `${at}/`, ...(search !== '' && { search }), limit: PAGE };
    const timer = setTimeout(() => void ask(query, undefined), search === '' ? 0 : PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      asking.current?.abort();
    };
  }, [at, text, ask]);

  const more = useCallback(() => {
    const link = next.current;
    if (link === undefined) return;
    next.current = undefined;
    void ask({}, link);
  }, [ask]);
  return { ...found, more };
}
