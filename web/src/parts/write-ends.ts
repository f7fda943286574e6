import type { WriteResult } from '#contract/client.ts';

/** How a write ended, in words. */
export const WRITE_ENDS: { readonly [state in WriteResult['state']]: string } = {
  refused: 'Refused: nothing was written',
  sent: 'Sent; no feedback is configured, so nobody knows its effect',
  confirmed: 'Confirmed by the feedback tag',
  failed: 'Failed',
  unknown: 'Unknown: it was sent, and nothing confirmed it in time',
};
