import { useCallback, useState } from 'react';
import type { Picture } from '#contract/client.ts';
import { useMe } from '../../../data/session.ts';
import type { Bindings } from '../drawing/shown.ts';

/** What is being edited of a picture. */
export interface Draft {
  readonly title: string;
  readonly area: string;
  readonly bindings: Bindings;
}

interface Kept {
  readonly draft: Draft;
  /** What the site said when the edit began: somebody else may have saved since. */
  readonly from: string;
}

const draftOf = ({ title, area = '', bindings }: Picture): Draft => ({ title, area, bindings });

/**
 * An edit that outlives the page: it is kept in this browser until it is saved or given up, so that a reload, an ended
 * session or a restart of the site takes nothing away.
 */
export function useDraft(picture: Picture) {
  const key = `holdfast.picture.${useMe().name}.${picture.name}`;
  const [kept, setKept] = useState<Kept | undefined>(() => read(key));
  const saved = draftOf(picture);
  const now = JSON.stringify(saved);
  const change = useCallback(
    (part: Partial<Draft>) =>
      setKept((before) => {
        const next = { draft: { ...(before?.draft ?? saved), ...part }, from: before?.from ?? now };
        write(key, next);
        return next;
      }),
    [key, saved, now],
  );
  const forget = useCallback(() => {
    write(key, undefined);
    setKept(undefined);
  }, [key]);
  const isChanged = kept !== undefined && JSON.stringify(kept.draft) !== now;
  return {
    draft: kept?.draft ?? saved,
    isChanged,
    isOvertaken: isChanged && kept?.from !== now,
    change,
    forget,
  };
}

function read(key: string): Kept | undefined {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null') ?? undefined;
  } catch {
    return undefined; // a browser that keeps nothing
  }
}

function write(key: string, kept: Kept | undefined): void {
  try {
    if (kept) localStorage.setItem(key, JSON.stringify(kept));
    else localStorage.removeItem(key);
  } catch {
    // A browser that keeps nothing: the edit lives as long as its page.
  }
}
