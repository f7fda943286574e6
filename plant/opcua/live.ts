import { FAST_MS, type NodeValue } from '#plant/opcua/node.ts';
import type { LiveVariable } from '#plant/opcua/space.ts';
import type { Signals } from '#plant/physics/measure.ts';

/** Keeps variables up to date: each as often as it is worth, and only where something has changed. */
export function followPlant(
  live: readonly LiveVariable[],
  signals: () => Signals,
  clock: { readonly aheadMs: number },
): void {
  const shown = new Map<LiveVariable, NodeValue>();
  let turn = 0;
  setInterval(() => {
    const now = signals();
    const at = new Date(Date.now() + clock.aheadMs);
    turn++;
    for (const [i, variable] of live.entries()) {
      // Spread: slow ones do not all fall on the same turn.
      if ((turn + i) % (variable.spec.everyMs / FAST_MS) !== 0) continue;
      const value = variable.spec.read(now);
      if (same(value, shown.get(variable))) continue;
      shown.set(variable, value);
      variable.show(value, at);
    }
  }, FAST_MS);
}

function same(one: NodeValue, other: NodeValue | undefined): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object') return false;
  const values = Object.entries(one);
  return values.every(([key, value]) => same(value as NodeValue, (other as Record<string, NodeValue>)[key]));
}
