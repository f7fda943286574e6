import { basename } from 'node:path';
import { Exit } from '#cli/fail.ts';
import { type FleetCommand, openHub } from '#cli/hub/fleet.ts';
import { toldToStop } from '#cli/stop.ts';
import { bytes, dim, number, red, table, yellow } from '#cli/text.ts';
import type { ImportedStick } from '#hub/parcel/import.ts';
import { Fault } from '#kernel/fault.ts';

const TELL_EVERY_MS = 200;

/** `holdfast hub import`: beside a hub that runs, or without one. */
export async function importParcels(
  stick: string,
  options: FleetCommand & { readonly oneWay?: boolean },
): Promise<void> {
  const stop = new AbortController();
  void toldToStop().then((reason) =>
    stop.abort(
      new Fault('parcel.stopped', `stopped by ${reason}; what was taken stays`, {
        retry: 'never',
        hint: 'The same command goes on, and writes the receipts.',
      }),
    ),
  );
  await using fleet = await openHub(options);
  const done = await fleet.importStick(stick, {
    signal: stop.signal,
    progress: progressLine(),
    oneWay: options.oneWay === true,
  });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  process.stdout.write(`${options.json ? JSON.stringify(done, null, 2) : textOf(done, stick)}\n`);
  if (done.parcels.some(({ result }) => result === 'refused' || result === 'partly'))
    process.exitCode = Exit.failed;
}

function progressLine() {
  let lastMs = performance.now();
  return ({
    file,
    bytes: at,
    of,
  }: {
    readonly file: string;
    readonly bytes: number;
    readonly of: number;
  }) => {
    const nowMs = performance.now();
    if (!process.stderr.isTTY || nowMs - lastMs < TELL_EVERY_MS) return;
    lastMs = nowMs;
    process.stderr.write(`\r\x1b[K${dim(`${basename(file)}: ${bytes(at)} of ${bytes(of)}`)}`);
  };
}

function textOf({ parcels, receipts }: ImportedStick, stick: string): string {
  if (parcels.length === 0) return `there are no parcels in ${stick}`;
  const rows = parcels.map(({ file, site = '', result, samples, events, why }) => {
    const paint = result === 'refused' || result === 'partly' ? red : result === 'waits' ? yellow : String;
    return [
      basename(file),
      site,
      paint(result),
      number(samples),
      number(events),
      why ? [why.message, why.hint].filter(Boolean).join('. ') : '',
    ];
  });
  const tail =
    receipts.length > 0
      ? `\nreceipts written: ${receipts.length}. Bring the stick back, and run \`holdfast edge export --to\` with it again`
      : '';
  return `${table(['parcel', 'site', 'result', 'samples', 'events', 'why'], rows)}${tail}`;
}
