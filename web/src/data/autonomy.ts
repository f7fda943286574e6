import type { Autonomy } from '#contract/client.ts';
import { api } from './api.ts';
import { type Polled, usePolled } from './poll.ts';

const EVERY_MS = 60_000;

/** How long the site would bear to be left alone. */
export const useAutonomy = (): Polled<Autonomy> =>
  usePolled('autonomy', (signal) => api.autonomy(signal), EVERY_MS);
