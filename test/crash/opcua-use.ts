import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Kept } from '#test/opcua/rig.ts';

/** What the test keeps is not what it measures. */
export function forget(source: Kept): void {
  source.rows.length = 0;
  source.gaps.length = 0;
  source.events.length = 0;
  source.requests.length = 0;
  source.faults.splice(0, source.faults.length - 1);
}

export function stays(before: Use, after: Use, lanes: number): void {
  assert.ok(after.heap < before.heap + 12e6, `${before.heap} became ${after.heap} bytes`);
  assert.ok(after.resources <= before.resources + 2 * lanes + 2, JSON.stringify([before, after]));
}

export interface Use {
  readonly heap: number;
  readonly resources: number;
}

export function use(): Use {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) collect();
  return { heap: process.memoryUsage().heapUsed, resources: process.getActiveResourcesInfo().length };
}
