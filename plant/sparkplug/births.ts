import { DataType } from '#codec/sparkplug/datatype.ts';
import type { Metric, MetricValue } from '#codec/sparkplug/payload.ts';
import type { Signals } from '#plant/physics/measure.ts';
import {
  type MetricSpec,
  NODE_METRICS,
  PACKER,
  PACKER_METRICS,
  PALLETIZER,
  PALLETIZER_METRICS,
  propertiesOf,
} from '#plant/sparkplug/metrics.ts';

/** The node itself, or one of its devices, with what it has said so far. */
export interface Station {
  /** Absent: the node. */
  readonly device?: string;
  readonly metrics: readonly { readonly spec: MetricSpec; readonly alias: bigint }[];
  /** Values as last sent, to report only what changes (Sparkplug 3.0, 5.6); texts, for comparing. */
  readonly sent: Map<MetricSpec, string>;
}

export const REBIRTH = 'Node Control/Rebirth';

/**
 * Everything that the node reports. An alias is unique in the whole node (Sparkplug 3.0, 6.4.4).
 * @param generation rises with every change of the aliases
 */
export function stations(generation: number): readonly Station[] {
  let alias = BigInt(1000 * generation);
  const station = (specs: readonly MetricSpec[], device?: string): Station => {
    // Another generation counts the other way round, so that an alias kept from before names something else.
    const order = generation % 2 === 0 ? specs : specs.toReversed();
    const metrics = order.map((spec) => ({ spec, alias: ++alias }));
    return { metrics, sent: new Map(), ...(device !== undefined && { device }) };
  };
  return [station(NODE_METRICS), station(PACKER_METRICS, PACKER), station(PALLETIZER_METRICS, PALLETIZER)];
}

/** All metrics of a station, with name, alias, data type and properties. */
export function birthMetrics({ metrics, sent }: Station, signals: Signals, timeMs: number): Metric[] {
  return metrics.map(({ spec, alias }) => {
    const value = spec.read(signals, timeMs);
    sent.set(spec, textOf(value));
    return {
      name: spec.name,
      // A template's definition is known by its name only.
      ...(!spec.name.startsWith('_types_/') && { alias }),
      timestamp: timeMs,
      datatype: DataType[spec.type],
      properties: propertiesOf(spec),
      value,
    };
  });
}

/** Metrics whose value has changed since it was last sent, by alias. */
export function changedMetrics({ metrics, sent }: Station, signals: Signals, timeMs: number): Metric[] {
  return metrics.flatMap(({ spec, alias }) => {
    const value = spec.read(signals, timeMs);
    const text = textOf(value);
    if (sent.get(spec) === text) return [];
    sent.set(spec, text);
    return [{ alias, timestamp: timeMs, datatype: DataType[spec.type], value }];
  });
}

const textOf = (value: MetricValue): string =>
  typeof value === 'object'
    ? JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part))
    : String(value);
