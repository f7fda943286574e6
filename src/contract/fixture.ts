// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how site files write parameters
import * as z from 'zod';
import type { Plugins } from '#contract/plugins.ts';

// What the tests of this folder share.

const Registers = z.union([
  z.strictObject({
    unit: z.int().min(1).max(247),
    holding: z.int().min(0).max(65_535),
    type: z.enum(['u16', 'f32']).default('u16'),
  }),
  z.strictObject({ unit: z.int().min(1).max(247), coil: z.int().min(0).max(65_535) }),
]);
export const Bus = z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65_535).default(502) });

/** Schemas of two small protocols: what a plugin brings, without its machine. */
export const plugins: Plugins = {
  sources: {
    bus: {
      config: Bus,
      address: Registers,
      check: (_, points) =>
        points
          .filter((point) => (point.address as { holding?: number }).holding === 13)
          .map((point) => ({ tag: point.tag.path, message: 'register 13 is broken', hint: 'take 14' })),
    },
    broker: {
      config: z.strictObject({ url: z.url() }),
      address: z.strictObject({ topic: z.string(), qos: z.literal([0, 1, 2]).default(0) }),
    },
  },
  actuators: {
    broker: {
      config: z.strictObject({ url: z.url() }),
      action: z.strictObject({ topic: z.string(), qos: z.int().max(2).default(0) }),
    },
  },
  sinks: { broker: { config: z.strictObject({ url: z.url() }) } },
};

/** Type, assets, rule, alarm, derived tag: a site without a mistake. */
export const GOOD = `site: north
sources:
  plc: { kind: bus, host: 10.0.0.1 }
actuators:
  it: { kind: broker, url: "mqtt://10.0.0.2" }
types:
  pump:
    params: [unit, max]
    tags:
      speed:
        unit: /min
        range: [0, "\${max}"]
        source: plc
        address: { unit: "\${unit}", holding: 3 }
        access: readWrite
        write:
          range: [0, "\${max}"]
          lease: { maxMs: 60000, safe: 0 }
          feedback: { tag: running_speed }
      running_speed:
        unit: /min
        description: speed of pump \${unit}, up to \${max}
        source: plc
        address:
          unit: \${unit}
          holding: 4
    rules:
      slow-down:
        when: running_speed > \${max} * 0.9
        do:
          - write: { tag: speed, value: 100, leaseMs: 5000 }
          - send: { to: it, topic: "pump/\${unit}", qos: "{{ 1 }}" }
    alarms:
      fast:
        when: running_speed > \${max}
        priority: high
        consequence: the bearing wears
        response: lower the speed
assets:
  line1/pump1: { type: pump, with: { unit: 1, max: 3000 } }
  line1/pump2: { type: pump, with: { unit: 2, max: 1500 } }
tags:
  line1/total:
    unit: /min
    derive: tag("line1/pump1/running_speed") + tag("line1/pump2/running_speed")
`;
