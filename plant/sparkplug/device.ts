import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Device, runDevice, type Wiring } from '#plant/devices/process.ts';
import type { PackagingCommand } from '#plant/physics/packaging.ts';
import { startEdgeNode } from '#plant/sparkplug/node.ts';

/* Main program of the process with the Sparkplug node of the packaging. */
runDevice<PackagingCommand>(start);

const REPORT_MS = 250;
/** How far its clock is wrong when it is. */
const CLOCK_AHEAD_MS = 3_600_000;

async function start({ options, signals, give }: Wiring<PackagingCommand>): Promise<Device> {
  const { broker, dir } = options;
  if (broker === undefined || dir === undefined) throw new Error('the packaging needs a broker and a folder');
  const node = startEdgeNode({
    broker,
    primaryHost: options.primaryHost,
    slowMs: options.slowMs,
    signals: () => signals(1),
    give: (name, value) => give(1, name, value),
    nextBdSeq: bdSeqIn(dir),
  });
  setInterval(() => node.report(), REPORT_MS);
  let generation = 0;
  return {
    port: 0,
    fault(fault, on) {
      if (fault === 'device-silent') node.faults.silent = on;
      if (fault === 'slow-device') node.faults.slow = on;
      if (fault === 'garbage-replies') node.faults.garbage = on;
      if (fault === 'out-of-order') node.faults.outOfOrder = on;
      if (fault === 'clock-wrong') node.faults.clockAheadMs = on ? CLOCK_AHEAD_MS : 0;
      // Mending it is a birth more, with aliases of before the first one.
      if (fault === 'node-reborn') node.reborn(on ? ++generation : 0);
    },
  };
}

/** Counts births over restarts of the process, in a file. */
function bdSeqIn(dir: string): () => number {
  const file = join(dir, 'packaging-bdseq');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return () => {
    const last = Number.parseInt(textOf(file), 10);
    const next = Number.isInteger(last) ? (last + 1) % 256 : 0;
    writeFileSync(`${file}.new`, String(next));
    renameSync(`${file}.new`, file);
    return next;
  };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
