import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Latency } from '#kernel/latency.ts';
import { BrokerSide } from './broker-side.ts';
import { cpuS, passed } from './edge-process.ts';

/* Sends a contender what it must answer, and measures. */

/** A process that subscribes at the broker's side, and answers. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
}
export type Contender = (broker: BrokerSide) => Promise<Running>;

export interface Times {
  readonly warmUpMs: number;
  readonly runMs: number;
}

export interface Pace {
  /** At a fixed rate, from a message's last byte out to the first byte of its answer. */
  readonly latency: Latency;
  /** Flooded: answers for a second of processor time, all threads counted, as the machine may be shared. */
  readonly perCpuS: number;
}

/**
 * First at a fixed rate, then as fast as it goes.
 * @param mostOpen messages sent and not yet answered at most
 * @param between asked after the first part
 */
export async function through(
  contender: Contender,
  mostOpen: number,
  perSecond: number,
  { warmUpMs, runMs }: Times,
  between?: (running: Running) => Promise<void>,
): Promise<Pace> {
  await using broker = await BrokerSide.start();
  await using running = await contender(broker);
  const socket = await broker.subscribed();
  const stop = new AbortController();
  const sending = broker.paced(socket, perSecond, stop.signal);
  await passed(warmUpMs);
  broker.measureAnew();
  await passed(runMs);
  stop.abort();
  const sent = await sending;
  await between?.(running);
  await broker.answeredAll(sent);
  // Answers are taken for those of the messages in their order: none may be left out.
  if (broker.load.answered < sent)
    throw new Error(`${broker.load.answered} of ${sent} messages were answered`);
  const { latency } = broker.load;
  broker.flood(socket, mostOpen);
  await passed(warmUpMs);
  const from = broker.load.answered;
  const startedS = cpuS(running.pid);
  await passed(runMs);
  const answered = broker.load.answered - from;
  if (answered === 0) throw new Error('nothing is answered any more');
  return { latency, perCpuS: answered / (cpuS(running.pid) - startedS) };
}

/** A contender of `mqtt-scripts.ts`. */
export function forked(name: string): Contender {
  return async (broker) => {
    const program = fileURLToPath(new URL('./mqtt-scripts.ts', import.meta.url));
    const child = fork(program, [name, String(broker.port)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    return {
      pid: child.pid ?? 0,
      async [Symbol.asyncDispose]() {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = once(child, 'exit');
        child.kill();
        await gone;
      },
    };
  };
}
