import { on } from 'node:events';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { Fault } from '#kernel/fault.ts';

/** How a thread beside the site says that it failed. */
export interface SaidFault {
  readonly fault: { readonly code: string; readonly message: string; readonly hint: string | undefined };
}

/**
 * What a thread beside the site says, until whoever listens has heard enough: the thread ends with the loop.
 * @param lost the fault of a thread that ended by itself
 * @throws Fault as the thread said, or as `lost`; the reason of the signal
 */
export async function* heardBeside<Said extends object>(
  file: URL,
  { task, limits }: { readonly task: unknown; readonly limits: ResourceLimits },
  signal: AbortSignal,
  lost: (cause?: unknown) => Fault,
): AsyncIterable<Exclude<Said, SaidFault>> {
  const worker = new Worker(file, { workerData: task, resourceLimits: limits });
  try {
    // An error of the thread is thrown here.
    const heard = on(worker, 'message', { signal, close: ['exit'] });
    for await (const [said] of heard as AsyncIterable<[Said | SaidFault]>) {
      if ('fault' in said) {
        const { code, message, hint } = said.fault;
        throw new Fault(code, message, { retry: 'never', ...(hint !== undefined && { hint }) });
      }
      yield said as Exclude<Said, SaidFault>;
    }
    throw lost();
  } catch (error) {
    throw error instanceof Fault || signal.aborted ? error : lost(error);
  } finally {
    await worker.terminate();
  }
}

const FOR_EVER = new AbortController().signal;

/** The one thing that such a thread is there to say. @throws Fault as `heardBeside` */
export async function saidBeside<Said extends object>(
  file: URL,
  how: { readonly task: unknown; readonly limits: ResourceLimits },
  lost: (cause?: unknown) => Fault,
): Promise<Exclude<Said, SaidFault>> {
  for await (const said of heardBeside<Said>(file, how, FOR_EVER, lost)) return said;
  throw lost();
}
