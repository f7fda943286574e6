import * as z from 'zod';
import { ApiSettings, PanelSettings, SessionSettings } from '#contract/access-settings.ts';
import { HubSettings } from '#contract/hub-settings.ts';

/* Limits of the runtime, as the site file has them. */

const megabytes = z.int().min(16).max(4_000_000);

export const Settings = z.strictObject({
  journal: z
    .strictObject({
      quotaMb: megabytes
        .default(2048)
        .describe('Most bytes on disk; delivered entries go first, events last.')
        .meta({ restart: true }),
      maxAgeDays: z
        .number()
        .positive()
        .default(90)
        .describe('Samples older than this are removed.')
        .meta({ restart: true }),
      commitMs: z
        .int()
        .min(1)
        .max(10_000)
        .default(500)
        .describe('Longest wait of a row for its fsync while nobody waits for it; shorter wears flash more.')
        .meta({ restart: true }),
    })
    .prefault({})
    .describe('The durable log of the site.'),
  historian: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe('Whether samples are kept in compressed columns beyond the journal.')
        .meta({ restart: true }),
      quotaMb: megabytes
        .default(4096)
        .describe('Most bytes on disk, beside those of the journal; the oldest samples go first.')
        .meta({ restart: true }),
      maxAgeDays: z
        .number()
        .positive()
        .default(730)
        .describe('Samples recorded longer ago are removed.')
        .meta({ restart: true }),
    })
    .prefault({})
    .describe('The past of the site for trends and queries.'),
  hub: HubSettings,
  api: ApiSettings,
  sessions: SessionSettings,
  panel: PanelSettings,
  clock: z
    .strictObject({
      maxAheadMs: z
        .int()
        .min(0)
        .default(60_000)
        .describe('A source time further ahead is replaced by the arrival time.'),
    })
    .prefault({})
    .describe('Clocks of devices.'),
  autonomy: z
    .strictObject({
      leastDays: z
        .number()
        .min(0)
        .max(3650)
        .default(30)
        .describe('An event tells when something would fail sooner than this if nobody came; 0 for never.'),
    })
    .prefault({})
    .describe('How long the site should bear to be left alone.'),
  box: z
    .strictObject({
      flashEnduranceTB: z
        .number()
        .positive()
        .max(1e6)
        .optional()
        .describe('Terabytes that may be written to its flash in all (TBW of the data sheet).'),
      clockDriftPpm: z
        .number()
        .positive()
        .max(1000)
        .optional()
        .describe(
          'By how much its clock may be wrong without a time server (data sheet); 20 ppm: 1.7 s a day.',
        ),
    })
    .prefault({})
    .describe('What its data sheet says of the computer that the site runs on.'),
  timeZone: z
    .string()
    .optional()
    .describe('Zone of the shifts, such as Europe/Berlin; that of the box when absent.'),
  remoteWrites: z.boolean().default(false).describe('Whether anything outside the site may write at all.'),
});
export type Settings = z.output<typeof Settings>;
