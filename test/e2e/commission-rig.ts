import assert from 'node:assert/strict';
import { libraryServer } from '../modbus-rig.ts';
import type { Sandbox } from './sandbox.ts';

/* What the tests of commissioning share. */

/** Register n holds 100 + n; every second coil is set. */
export const device = (port?: number) =>
  libraryServer(
    {
      getHoldingRegister: (address: number) => 100 + address,
      getCoil: (address: number) => address % 2 === 1,
    },
    port,
  );

export interface Step {
  readonly step: string;
  readonly state: string;
  readonly said: string;
  readonly hint?: string;
}

/** `source test` as a program sees it. */
export async function tryOut(box: Sandbox, id: string, file: string, ...more: readonly string[]) {
  const { status, stdout, stderr } = await box.run('source', 'test', id, '--site', file, ...more, '--json');
  assert.notEqual(stdout, '', stderr);
  const { steps } = JSON.parse(stdout) as { readonly steps: readonly Step[] };
  return { status, steps, last: steps.at(-1) };
}
