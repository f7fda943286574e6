import * as z from 'zod';

/** A time of the day in a site file. */
export const clockTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'hours and minutes in quotes: "06:00"');
