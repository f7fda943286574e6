import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { Fault, messageOf } from '#kernel/fault.ts';
import { replaceDurablyAside } from '#platform/files.ts';

const count = z.int().min(0);
const Positions = z.strictObject({ security: count, others: count, history: count });

export const Receipt = z.strictObject({
  site: z.string(),
  journal: z.uuid(),
  hub: z.uuid(),
  /** Wall clock of the hub: of two receipts the later one holds. */
  atUs: count,
  /** Everything up to there is in its database. */
  positions: Positions,
});
export type Receipt = z.output<typeof Receipt>;

const counted = { upTo: Positions, samples: count, events: count, parcels: count, atUs: count };

const File = z.strictObject({
  format: z.literal(1),
  pin: z.string(),
  journal: z.uuid(),
  /** By the last receipt, with the journal's cursor of then: one that is higher since was moved by the link. */
  confirmed: z
    .strictObject({
      ...{ hub: z.uuid(), atUs: count, positions: Positions, cursor: count },
      /** The same of the events. */
      linked: z.strictObject({ security: count, others: count }).optional(),
    })
    .optional(),
  /** What parcels hold that is not confirmed, since the last time that they began at what is. */
  sent: z.strictObject(counted).optional(),
  /** Ends of exports over a way without receipts, the newest last, each as `sent` was then: where one begins that repeats. */
  oneWay: z.array(z.strictObject(counted)).optional(),
  /** Samples that were given away up to a position, over any way, each once. */
  given: z.strictObject({ upTo: count, total: count }).optional(),
});

/** What this box knows of what it gave away by hand. */
export type CarriedState = Omit<z.output<typeof File>, 'format'>;

export const carriedFile = (trustDir: string): string => join(trustDir, 'hub', 'carried.json');

/** That of this hub and journal; of any other one nothing is known. @throws Fault `parcel.state` */
export async function readCarried(
  trustDir: string,
  { pin, journal }: Pick<CarriedState, 'pin' | 'journal'>,
): Promise<CarriedState> {
  const path = carriedFile(trustDir);
  try {
    const { format: _, ...state } = File.parse(JSON.parse(await readFile(path, 'utf8')));
    return state.pin === pin && state.journal === journal ? state : { pin, journal };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { pin, journal };
    throw new Fault('parcel.state', `${path} cannot be used: ${messageOf(cause)}`, {
      retry: 'never',
      hint: 'Delete it: the next parcel then holds more than it must, and the hub takes nothing twice.',
      cause,
    });
  }
}

/** @throws errors of the file system */
export async function keepCarried(trustDir: string, state: CarriedState): Promise<void> {
  await replaceDurablyAside(carriedFile(trustDir), JSON.stringify({ format: 1, ...state }), 0o600);
}
