import { useCallback, useEffect, useSyncExternalStore } from 'react';
import type { EventView, StreamMessage } from '#contract/client.ts';
import { api } from './api.ts';
import { connection } from './connection.ts';
import type { Live } from './live-value.ts';
import { askAgain } from './poll.ts';
import { session } from './session.ts';
import { ALARMS, ALERTS } from './site.ts';

/** How often the site tells of changes, and how long to wait until others have said what they show, too. */
const EVERY_MS = 500;
const GATHER_MS = 50;
const RETRY_MS = 1000;
/** A request line of more than 16 kB is refused; above this what the tags have in common is asked for instead. */
const MOST_QUERY = 12_000;

const values = new Map<string, Live>();
/** Whoever shows a tag, to be told of it. */
const shown = new Map<string, Set<() => void>>();
const eventWatchers = new Set<(events: readonly EventView[]) => void>();

let following: AbortController | undefined;
let gathering: number | undefined;

/** One connection for all that is shown: opened anew when other tags come into sight. */
function follow(): void {
  clearTimeout(gathering);
  gathering = window.setTimeout(() => {
    following?.abort();
    following = undefined;
    if (session.value.state !== 'signedIn') return;
    following = new AbortController();
    void run(queryFor([...shown.keys()]), following.signal);
  }, GATHER_MS);
}

// Who sees what is decided when it is asked.
session.watch(() => {
  if (session.value.state === 'nobody') values.clear();
  follow();
});

function queryFor(paths: readonly string[]): object {
  const kind = ['alarm', 'alert', 'write', 'system', 'config', 'rule', 'security'];
  // A tag that no site has: the events alone.
  if (paths.length === 0) return { tag: [''], kind, everyMs: EVERY_MS };
  const tag = paths.toSorted();
  const length = tag.reduce((sum, path) => sum + encodeURIComponent(path).length + 5, 0);
  return length < MOST_QUERY
    ? { tag, kind, everyMs: EVERY_MS }
    : { prefix: commonOf(tag), kind, everyMs: EVERY_MS };
}

/** What the first and the last of sorted paths begin with. */
function commonOf(sorted: readonly string[]): string {
  const [first = '', last = ''] = [sorted[0], sorted.at(-1)];
  let same = 0;
  while (same < first.length && first[same] === last[same]) same++;
  return first.slice(0, same);
}

async function run(query: object, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await connection.until(({ state }) => state === 'up', signal);
      for await (const message of api.stream(query, signal)) take(message);
    } catch {
      // Refused or broken off: the questions of the page tell why.
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

let changed: string[] = [];

function take(message: StreamMessage): void {
  if (message.name === 'events') {
    if (message.data.some(({ kind }) => kind === 'alarm')) askAgain(ALARMS);
    if (message.data.some(({ kind }) => kind === 'alert')) askAgain(ALERTS);
    for (const tell of [...eventWatchers]) tell(message.data);
    return;
  }
  const cameAt = performance.now();
  for (const one of message.data) {
    values.set(one.path, { ...one, cameAt });
    if (shown.has(one.path)) changed.push(one.path);
  }
  if (changed.length > 0) requestAnimationFrame(tellChanged);
}

/** Once a picture, however many messages came meanwhile. */
function tellChanged(): void {
  const paths = new Set(changed);
  changed = [];
  for (const path of paths) for (const tell of [...(shown.get(path) ?? [])]) tell();
}

function watchTag(path: string, tell: () => void): () => void {
  const tells = shown.get(path) ?? new Set();
  if (tells.size === 0) {
    shown.set(path, tells);
    follow();
  }
  tells.add(tell);
  return () => {
    tells.delete(tell);
    if (tells.size > 0) return;
    shown.delete(path);
    values.delete(path);
    follow();
  };
}

/** The newest value of one tag, followed while it is shown; undefined until it has come. */
export function useLiveTag(path: string): Live | undefined {
  const watch = useCallback((tell: () => void) => watchTag(path, tell), [path]);
  return useSyncExternalStore(watch, () => values.get(path));
}

/**
 * Follows several tags while they are shown.
 * @returns the newest value of each, in a map that changes with any of them
 */
export function useLive(paths: readonly string[]): ReadonlyMap<string, Live> {
  const key = paths.join('\n');
  const picture = pictureOf(key);
  return useSyncExternalStore(picture.watch, picture.read);
}

interface Picture {
  readonly watch: (tell: () => void) => () => void;
  readonly read: () => ReadonlyMap<string, Live>;
}

const pictures = new Map<string, Picture>();

function pictureOf(key: string): Picture {
  const known = pictures.get(key);
  if (known) return known;
  const paths = key === '' ? [] : key.split('\n');
  const read = () =>
    new Map(
      paths.flatMap((path) => {
        const live = values.get(path);
        return live ? [[path, live] as const] : [];
      }),
    );
  let now = read();
  const picture: Picture = {
    watch(tell) {
      const ends = paths.map((path) =>
        watchTag(path, () => {
          now = read();
          tell();
        }),
      );
      return () => {
        for (const end of ends) end();
        pictures.delete(key);
      };
    },
    read: () => now,
  };
  pictures.set(key, picture);
  return picture;
}

/** What happens at the site while somebody looks. */
export function useEvents(tell: (events: readonly EventView[]) => void): void {
  useEffect(() => {
    eventWatchers.add(tell);
    // No tag may be shown, and this module may have been loaded after somebody signed in.
    if (!following) follow();
    return () => void eventWatchers.delete(tell);
  }, [tell]);
}
