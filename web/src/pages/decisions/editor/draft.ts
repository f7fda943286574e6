import { useCallback, useEffect, useState } from 'react';
import { siteNowMs } from '../../../data/clock.ts';

/** A site file that somebody edits. */
export interface Draft {
  readonly text: string;
  /** Digest of the file that it began from. */
  readonly base: string;
  /** By the site's clock. */
  readonly savedMs: number;
}

export interface DraftHold {
  readonly draft: Draft | undefined;
  /** The browser keeps nothing: only this page holds it. */
  readonly isOnlyHere: boolean;
  readonly keep: (text: string, base: string) => void;
  readonly drop: () => void;
}

/**
 * The draft of one user at one site. It is kept in this browser until it is applied or dropped: through reloads, restarts
 * of the site, and another sign-in. Other windows of the same user show the same draft.
 */
export function useDraft(site: string, user: string): DraftHold {
  const key = `holdfast.draft.${site}.${user}`;
  const [draft, setDraft] = useState(() => read(key));
  const [isOnlyHere, setOnlyHere] = useState(false);
  useEffect(() => {
    const elsewhere = (event: StorageEvent) => {
      if (event.key === key) setDraft(read(key));
    };
    addEventListener('storage', elsewhere);
    return () => removeEventListener('storage', elsewhere);
  }, [key]);
  const keep = useCallback(
    (text: string, base: string) => {
      const now: Draft = { text, base, savedMs: siteNowMs() };
      setDraft(now);
      setOnlyHere(!write(key, JSON.stringify(now)));
    },
    [key],
  );
  const drop = useCallback(() => {
    setDraft(undefined);
    setOnlyHere(false);
    write(key, undefined);
  }, [key]);
  return { draft, isOnlyHere, keep, drop };
}

function read(key: string): Draft | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    return isDraft(kept) ? kept : undefined;
  } catch {
    return undefined;
  }
}

const isDraft = (kept: unknown): kept is Draft =>
  typeof kept === 'object' &&
  kept !== null &&
  'text' in kept &&
  'base' in kept &&
  typeof kept.text === 'string';

/** @returns false where the browser keeps nothing, or not so much */
function write(key: string, text: string | undefined): boolean {
  try {
    if (text === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
    return true;
  } catch {
    return false;
  }
}
