import { spawn } from 'node:child_process';
import { messageOf } from '#kernel/fault.ts';

export interface ProgramAsked {
  readonly args: readonly string[];
  /** On its standard input. */
  readonly input: Uint8Array;
  /** It is ended then, and what it has started. */
  readonly limitMs: number;
  /** Names in our environment that are not its business. */
  readonly without?: readonly string[];
}

/** Of what it says; more is no answer. */
const MOST_BYTES = 64 * 1024;

/**
 * Runs a program, without a shell, and gives what it writes to standard output.
 * @throws Error with what it wrote to standard error, where it fails, cannot be started or takes too long
 */
export async function answerOf(
  program: string,
  { args, input, limitMs, without = [] }: ProgramAsked,
): Promise<Buffer> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !without.includes(name)));
  // A group of its own: a script is ended with what it waits for, which has our pipes.
  const child = spawn(program, args, { env, detached: true, stdio: 'pipe' });
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // all of them have ended
    }
  };
  const said = gather(child.stdout, kill);
  const complaint = gather(child.stderr, kill);
  // One that reads nothing says why by how it ends.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, limitMs);
  try {
    const status = await new Promise<number | string | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(signal ?? code));
    });
    if (isLate) throw new Error(`it took longer than ${limitMs / 1000} s`);
    if (status !== 0) throw new Error(complaint().toString().trim() || `it ended with ${status}`);
    return said();
  } catch (cause) {
    throw new Error(`${program}: ${messageOf(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

function gather(stream: NodeJS.ReadableStream, tooMuch: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) tooMuch();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks);
}
