import { findKeptDir } from '#cli/client.ts';
import { duration } from '#cli/duration.ts';
import { giveToOwner } from '#cli/join.ts';
import { toldToStop } from '#cli/stop.ts';
import { bytes, dim, number, yellow } from '#cli/text.ts';
import { version } from '#cli/version.ts';
import type { Exported } from '#edge/parcel/export.ts';
import { Fault } from '#kernel/fault.ts';

interface ExportCommand {
  readonly data?: string;
  readonly to: string;
  readonly next?: boolean;
  readonly oneWay?: boolean;
  readonly repeat?: string;
  readonly parcelMb: string;
  readonly json?: boolean;
}

const MB = 1e6;
const TELL_EVERY_MS = 200;

/** `holdfast edge export`: reads the journal itself, beside a site that runs or without one. */
export async function exportToStick({
  data,
  to,
  next = false,
  oneWay = false,
  repeat,
  parcelMb,
  json,
}: ExportCommand): Promise<void> {
  const size = Number(parcelMb);
  if (!(size > 0))
    throw new Fault('cli.usage', `--parcel-mb ${parcelMb}: not a size`, { retry: 'never', hint: 'write 16' });
  const repeatUs = repeatOf({ next, oneWay, repeat });
  const dir = await findKeptDir(data, 'journal');
  const [{ exportParcels }, { journalDir }, { trustDir }] = await Promise.all([
    import('#edge/parcel/export.ts'),
    import('#edge/data-folder.ts'),
    import('#trust/store.ts'),
  ]);
  const stop = new AbortController();
  void toldToStop().then((reason) =>
    stop.abort(new Fault('parcel.stopped', `stopped by ${reason}; whole parcels stay`, { retry: 'never' })),
  );
  try {
    const made = await exportParcels({
      ...{ journalDir: journalDir(dir), trustDir: trustDir(dir), to, next, software: version },
      parcelBytes: size * MB,
      repeatUs,
      nowUs: () => Date.now() * 1000,
      signal: stop.signal,
      progress: progressLine(),
    });
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    for (const warning of made.warnings) process.stderr.write(`${yellow('warning')}: ${warning}\n`);
    process.stdout.write(`${json ? JSON.stringify(made, null, 2) : textOf(made, to)}\n`);
  } finally {
    await giveToOwner(dir).catch(() => {});
  }
}

/** @returns µs; undefined: receipts come back @throws Fault `cli.usage` */
function repeatOf({
  next,
  oneWay,
  repeat,
}: {
  readonly next: boolean;
  readonly oneWay: boolean;
  readonly repeat: string | undefined;
}): number | undefined {
  if (oneWay && !next) return duration(repeat ?? '24h', '--repeat') * 1000;
  if (!oneWay && repeat === undefined) return undefined;
  throw new Fault('cli.usage', oneWay ? '--one-way and --next' : '--repeat without --one-way', {
    retry: 'never',
    hint: 'one way: `--one-way --repeat 24h`; several sticks: `--next`',
  });
}

function progressLine(): (done: { samples: number; events: number; bytes: number }) => void {
  let lastMs = performance.now();
  return ({ samples, bytes: size }) => {
    const nowMs = performance.now();
    if (!process.stderr.isTTY || nowMs - lastMs < TELL_EVERY_MS) return;
    lastMs = nowMs;
    process.stderr.write(`\r\x1b[K${dim(`${number(samples)} samples, ${bytes(size)}`)}`);
  };
}

function textOf(made: Exported, to: string): string {
  const { receipt, removed, parcels, samples, events, unconfirmed } = made;
  const lines: string[] = [];
  if (receipt)
    lines.push(`a receipt was taken: the hub has the samples up to entry ${receipt.positions.history}`);
  if (removed > 0) lines.push(`parcels that need be there no longer were removed: ${removed}`);
  if (parcels.length === 0) lines.push('there is nothing new to carry');
  else
    lines.push(
      `${to}: ${number(samples)} samples and ${number(events)} events in ${files(parcels.length)}, ${bytes(made.bytes)}`,
    );
  if (unconfirmed)
    lines.push(
      dim(
        `sent, unconfirmed: ${number(unconfirmed.samples)} samples and ${number(unconfirmed.events)} events ` +
          `in ${files(unconfirmed.parcels)}`,
      ),
    );
  return lines.join('\n');
}

const files = (count: number): string => `${count} ${count === 1 ? 'parcel' : 'parcels'}`;
