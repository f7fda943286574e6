import { dataTypeName } from '#codec/sparkplug/datatype.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Found } from '#plugin/api.ts';
import { type BornMetric, isOwn } from './born.ts';
import type { Host } from './host.ts';
import { structureOf } from './structure.ts';
import type { Unit } from './unit.ts';

const LOOK_EVERY_MS = 100;

/**
 * What births have named, and what they name while we look: until none has come for `quietMs`.
 * @param from beginning of `group/node/device/metric`
 */
export async function* browse(
  host: Host,
  from: string,
  quietMs: number,
  clock: Clock,
  signal: AbortSignal,
): AsyncIterable<Found> {
  const told = new Set<string>();
  host.browsers++;
  try {
    let births = -1;
    let quietUs = 0;
    while (births !== host.births || clock.steadyUs() < quietUs) {
      if (births !== host.births) quietUs = clock.steadyUs() + quietMs * 1000;
      births = host.births;
      host.wantAll();
      for (const unit of unitsOf(host)) yield* news(unit, from, told);
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  } finally {
    host.browsers--;
  }
}

function* unitsOf(host: Host): Iterable<Unit> {
  for (const node of host.nodes.values()) yield* node.units();
}

function* news(unit: Unit, from: string, told: Set<string>): Iterable<Found> {
  const place = [unit.group, unit.node, ...(unit.device === undefined ? [] : [unit.device])];
  for (const { metric } of unit.slots) {
    const path = [...place, metric.name].join('/');
    if (told.has(path) || !path.startsWith(from) || !isOwn(metric)) continue;
    told.add(path);
    yield found(unit, place, metric);
  }
}

function found({ group, node, device }: Unit, place: readonly string[], metric: BornMetric): Found {
  const { name, type, unit, range, description, isWritable, value } = metric;
  return {
    name,
    place,
    address: { group, node, ...(device !== undefined && { device }), metric: name },
    ...(type !== undefined && { type }),
    ...(unit !== undefined && { unit }),
    ...(range !== undefined && { range }),
    ...(isWritable !== undefined && { access: isWritable ? 'readWrite' : 'read' }),
    description: description ?? dataTypeName(metric.datatype),
    ...(value !== undefined && { value: structureOf(value) }),
  };
}
