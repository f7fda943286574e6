import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { NumberType } from '#codec/modbus/registers.ts';

/** Debian's own interpreter: the one that sees python3-pymodbus. */
const PYTHON = '/usr/bin/python3';

/** False when it is there, otherwise the reason to skip. */
export const pymodbusMissing: string | false =
  spawnSync(PYTHON, ['-c', 'import pymodbus']).status === 0
    ? false
    : 'needs the Debian package python3-pymodbus';

export const missing = (program: string): string | false =>
  spawnSync('which', [program]).status === 0 ? false : `needs the Debian package ${program}`;

export type Endian = 'big' | 'little';
export type Item = readonly [at: number, type: NumberType, bytes: Endian, words: Endian, value: string];

/** A pymodbus server in a process of its own; holding and input registers hold the same items at the start. */
export async function pymodbusServer(items: readonly Item[], framer: 'tcp' | 'rtu' = 'tcp') {
  const child = spawn(PYTHON, [join(import.meta.dirname, 'modbus-pymodbus.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (question: unknown): Promise<string> => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error('the pymodbus server has ended');
    return value;
  };
  return {
    port: Number(await ask({ framer, items })),
    /** What pymodbus finds there, as text. */
    valueAt: (
      table: string,
      at: number,
      type: NumberType = 'uint16',
      bytes: Endian = 'big',
      words: Endian = 'big',
    ) => ask([table, at, type, bytes, words]),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
