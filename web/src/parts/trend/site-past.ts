import { useLive } from '../../data/live.ts';
import { askPieces } from './ask.ts';
import type { Past } from './past.ts';

/** What the site that serves the console has of itself. */
export const SITE_PAST: Past = { ask: askPieces, useNewest: useLive };
