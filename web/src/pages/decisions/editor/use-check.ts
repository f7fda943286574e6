import { useEffect, useRef, useState } from 'react';
import type { CheckedConfig } from '#contract/client.ts';
import { api } from '../../../data/api.ts';
import { connection } from '../../../data/connection.ts';
import { Unreachable } from '../../../data/problem.ts';

/** What the site says of a text; what it said of an earlier one stays until then. */
export interface Check {
  readonly checked: CheckedConfig | undefined;
  /** Of this very text, beside the file that runs, nothing has been said yet. */
  readonly isAsking: boolean;
  readonly error: Error | undefined;
}

interface Answer {
  /** What was asked about. */
  readonly text: string;
  readonly running: string;
  readonly checked: CheckedConfig | undefined;
  readonly error: Error | undefined;
}

/** Typing goes on: only what was meant is asked for. */
const PATIENCE_MS = 350;
const AGAIN_MS = 1000;

/** Has a site file checked by the site each time that it changes, or that another file runs there. */
export function useCheck(text: string, running: string): Check {
  const [answer, setAnswer] = useState<Answer>();
  // The site checks in a thread each time, to the end: one after the other, and only the newest text.
  const turn = useRef<Promise<void>>(Promise.resolve());
  useEffect(() => {
    const over = new AbortController();
    const ask = async () => {
      while (!over.signal.aborted) {
        try {
          await connection.until(({ state }) => state === 'up', over.signal);
          const checked = await api.checkConfig({ text });
          if (!over.signal.aborted) setAnswer({ text, running, checked, error: undefined });
          return;
        } catch (error) {
          if (over.signal.aborted) return;
          setAnswer((before) => ({ text, running, checked: before?.checked, error: error as Error }));
          if (!(error instanceof Unreachable)) return;
          // The site went away meanwhile: asked again once it is back.
          await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
        }
      }
    };
    const timer = setTimeout(() => {
      turn.current = turn.current.then(ask);
    }, PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      over.abort();
    };
  }, [text, running]);
  const isAsking = answer?.text !== text || answer.running !== running;
  return { checked: answer?.checked, isAsking, error: answer?.error };
}
