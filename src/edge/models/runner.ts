import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf } from '#kernel/fault.ts';

/*
 * The process of one model. It knows nothing of the site: a file's bytes come in, then windows, one at a time, and what the
 * model makes of them goes back. It may die at any moment, and ends by itself once nobody is there to ask.
 */

export type Ask =
  | { readonly ask: 'open'; readonly bytes: Uint8Array }
  | { readonly ask: 'run'; readonly input: Float32Array; readonly rows: number; readonly columns: number };
export type Answer =
  | { readonly answer: 'opened' }
  | { readonly answer: 'output'; readonly output: Float32Array }
  /** `noRuntime`: there is nothing here that runs models. */
  | { readonly answer: 'fault'; readonly message: string; readonly noRuntime?: boolean };

/** One thread, which sleeps while there is nothing for it: the decisions have the processor first. */
const OPTIONS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  logSeverityLevel: 3,
  extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
} as const;

type Runtime = {
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof Tensor;
};
let runtime: Runtime | undefined;
let session: InferenceSession | undefined;

async function open(bytes: Uint8Array): Promise<Answer> {
  try {
    runtime = await import('onnxruntime-node');
  } catch (cause) {
    return { answer: 'fault', message: messageOf(cause), noRuntime: true };
  }
  session = await runtime.InferenceSession.create(bytes, OPTIONS);
  const { inputNames, outputNames } = session;
  if (inputNames.length !== 1 || outputNames.length !== 1)
    throw new Error(
      `the model has ${inputNames.length} inputs and ${outputNames.length} outputs; one of each is needed`,
    );
  return { answer: 'opened' };
}

async function run({ input, rows, columns }: Extract<Ask, { ask: 'run' }>): Promise<Answer> {
  if (!runtime || !session) throw new Error('no model is open');
  const tensor = new runtime.Tensor('float32', input, [1, rows, columns]);
  const results = await session.run({ [session.inputNames[0] as string]: tensor });
  const output = results[session.outputNames[0] as string];
  if (!(output?.data instanceof Float32Array)) throw new Error(`it gives ${output?.type}, not float32`);
  return { answer: 'output', output: output.data };
}

process.on('message', (ask: Ask) => {
  const work = ask.ask === 'open' ? open(ask.bytes) : run(ask);
  const fault = (error: unknown): Answer => ({ answer: 'fault', message: messageOf(error) });
  void work.catch(fault).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit());
