import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { LONGEST_INPUT } from './mutate.ts';

/** What the thread that reads tells while it does. */
export interface Shared {
  /** Number of the input being read, and its length. */
  readonly place: Int32Array<SharedArrayBuffer>;
  readonly input: Uint8Array<SharedArrayBuffer>;
}

export interface Hunt {
  readonly target: string;
  readonly seed: number;
  readonly inputs: number;
  /** Number of the first input; to read a single one again. */
  readonly from?: number;
  /** An input that takes longer hangs. Default 10 s: other programs may have the processors meanwhile. */
  readonly limitMs?: number;
  /** Called about once a second. */
  readonly progress?: (inputs: number) => void;
}

export interface Finding {
  readonly number: number;
  readonly what: string;
  /** Hex of its first bytes. */
  readonly input: string;
}

export interface Hunted {
  readonly inputs: number;
  /** Inputs that the reader took as sound are not counted apart: what counts is that it always came back. */
  readonly slowestMs: number;
  /** How much the process grew at most while it read, MB. */
  readonly grownMb: number;
  readonly findings: readonly Finding[];
}

/** Heap of the thread that reads: what asks for more is a finding. */
const HEAP_MB = 256;
/** Buffers live outside of it. */
const MOST_GROWN_MB = 768;
const LOOK_MS = 250;
const SHOWN_BYTES = 2000;

const memoryMb = (): number => process.resourceUsage().maxRSS / 1024;

/** Has a target read mutated inputs in a thread of its own, which can be ended when it hangs. */
export async function hunt({ limitMs = 10_000, progress, ...work }: Hunt): Promise<Hunted> {
  const shared: Shared = {
    place: new Int32Array(new SharedArrayBuffer(8)),
    input: new Uint8Array(new SharedArrayBuffer(LONGEST_INPUT)),
  };
  const atStartMb = memoryMb();
  const worker = new Worker(new URL('./hunter.ts', import.meta.url), {
    workerData: { ...work, ...shared },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  const findings: Finding[] = [];
  const found = (what: string): void => {
    const [number = 0, length = 0] = shared.place;
    const input = Buffer.from(shared.input.subarray(0, Math.min(length, SHOWN_BYTES))).toString('hex');
    findings.push({ number, what, input });
  };
  const stop = watch(shared.place, limitMs, progress, (what) => {
    found(what);
    void worker.terminate();
  });
  let slowestMs = 0;
  worker.on('message', (message: { slowestMs: number } | Finding) => {
    if ('slowestMs' in message) slowestMs = message.slowestMs;
    else findings.push(message);
  });
  worker.on('error', (error) => found(String(error)));
  await once(worker, 'exit');
  stop();
  const grownMb = memoryMb() - atStartMb;
  if (grownMb > MOST_GROWN_MB) found(`memory grew by ${Math.round(grownMb)} MB`);
  const inputs = (shared.place[0] ?? 0) + 1 - (work.from ?? 0);
  return { inputs, slowestMs, grownMb, findings };
}

function watch(
  place: Int32Array,
  limitMs: number,
  progress: ((inputs: number) => void) | undefined,
  hung: (what: string) => void,
): () => void {
  let last = -1;
  let sinceMs = performance.now();
  let toldMs = sinceMs;
  const timer = setInterval(() => {
    const now = performance.now();
    const number = Atomics.load(place, 0);
    if (number !== last) sinceMs = now;
    // Loading what the target needs comes before the first input.
    else if (number > 0 && now - sinceMs > limitMs) hung(`no answer within ${limitMs} ms`);
    last = number;
    if (now - toldMs < 1000) return;
    toldMs = now;
    progress?.(number);
  }, LOOK_MS);
  return () => clearInterval(timer);
}
