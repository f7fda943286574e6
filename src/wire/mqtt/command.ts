import * as z from 'zod';

/** Whole seconds for which a broker may keep a command: rounded down, so that none is handed on late; 1 at least. */
export const expiryS = (deadlineUs: number, nowUs: number): number =>
  Math.min(0xffff_ffff, Math.max(1, Math.floor((deadlineUs - nowUs) / 1e6)));

/** The field stays known, so that who writes it is told why. */
export const neverRetained = z
  .literal(false, {
    error: 'a command is never retained: a device that starts later would act on it then. Leave retain out',
  })
  .default(false)
  .describe('Never true: a retained command would be executed late.');
