import type { ProblemDetails } from '#contract/api.ts';
import { statusOf } from '#contract/routes/faults.ts';

/** What went wrong, as RFC 9457 writes it. */
export const problem = (code: string, detail: string, hint?: string): ProblemDetails => ({
  type: `urn:holdfast:${code}`,
  title: code,
  status: statusOf(code),
  detail,
  ...(hint !== undefined && { hint }),
});
