import { useEffect, useState } from 'react';
import type { TagDetail } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { Problem } from '../../data/problem.ts';

/** What is known of the tags that are shown; null for one that only the past knows. */
export type Details = ReadonlyMap<string, TagDetail | null>;

/** Asks of each tag once, in the order in which they come. */
export function useDetails(paths: readonly string[]): Details {
  const [details, setDetails] = useState<Details>(new Map());
  const key = paths.filter((path) => !details.has(path)).join('\n');
  useEffect(() => {
    if (key === '') return;
    const stop = new AbortController();
    for (const path of key.split('\n')) {
      void detailOf(path, stop.signal)
        .then((detail) => setDetails((known) => new Map(known).set(path, detail)))
        .catch(() => {}); // the picture says what is wrong
    }
    return () => stop.abort();
  }, [key]);
  return details;
}

async function detailOf(path: string, signal: AbortSignal): Promise<TagDetail | null> {
  try {
    return await api.tag(path, signal);
  } catch (error) {
    if (error instanceof Problem && error.code === 'tag.unknown') return null;
    throw error;
  }
}
