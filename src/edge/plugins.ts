import { Fault } from '#kernel/fault.ts';
import type { ActuatorDef, DiscoveryDef, SinkDef, SourceDef } from '#plugin/api.ts';

/*
 * The one map of protocols. Adding one is a folder and a line here. Imports are lazy: only what a site uses is loaded.
 */
const SOURCES: { readonly [kind: string]: () => Promise<SourceDef> } = {
  modbus: async () => (await import('#sources/modbus/modbus.ts')).modbus as unknown as SourceDef,
  mqtt: async () => (await import('#sources/mqtt/mqtt.ts')).mqtt as unknown as SourceDef,
  opcua: async () => (await import('#sources/opcua/opcua.ts')).opcua as unknown as SourceDef,
  sparkplug: async () => (await import('#sources/sparkplug/sparkplug.ts')).sparkplug as unknown as SourceDef,
};

const ACTUATORS: { readonly [kind: string]: () => Promise<ActuatorDef> } = {
  mqtt: async () => (await import('#actuators/mqtt/mqtt.ts')).mqttActuator as unknown as ActuatorDef,
  smtp: async () => (await import('#actuators/smtp/smtp.ts')).smtp as unknown as ActuatorDef,
  webhook: async () => (await import('#actuators/webhook/webhook.ts')).webhook as unknown as ActuatorDef,
};

const SINKS: { readonly [kind: string]: () => Promise<SinkDef> } = {
  mqtt: async () => (await import('#sinks/mqtt/mqtt.ts')).mqttSink as unknown as SinkDef,
};

const DISCOVERIES: { readonly [kind: string]: () => Promise<DiscoveryDef> } = {
  opcua: async () => (await import('#sources/opcua/discover.ts')).opcuaDiscovery as unknown as DiscoveryDef,
  modbus: async () =>
    (await import('#sources/modbus/discover.ts')).modbusDiscovery as unknown as DiscoveryDef,
  mqtt: async () => (await import('#sources/mqtt/discover.ts')).mqttDiscovery as unknown as DiscoveryDef,
};

/** What looks for machines of this kind. @throws Fault `discover.usage` */
export async function loadDiscovery(kind: string): Promise<DiscoveryDef> {
  const load = Object.hasOwn(DISCOVERIES, kind) ? DISCOVERIES[kind] : undefined;
  if (load) return await load();
  throw new Fault('discover.usage', `nothing looks for machines of kind '${kind}'`, {
    retry: 'never',
    hint: `one of ${Object.keys(DISCOVERIES).join(', ')}`,
  });
}

export interface LoadedPlugins {
  readonly sources: { readonly [kind: string]: SourceDef };
  readonly actuators: { readonly [kind: string]: ActuatorDef };
  readonly sinks: { readonly [kind: string]: SinkDef };
  readonly names: { readonly [section in 'sources' | 'actuators' | 'sinks']: readonly string[] };
}

/** Definitions of the kinds that the text of a site file mentions; all of them without a text. */
export async function loadPlugins(text?: string): Promise<LoadedPlugins> {
  const used = (kind: string) => text === undefined || text.includes(kind);
  return {
    sources: await pick(SOURCES, used),
    actuators: await pick(ACTUATORS, used),
    // Brokers and the like are known under the same name as sources: a section of its own tells whether there is any.
    sinks: await pick(SINKS, (kind) => used(kind) && (text === undefined || text.includes('sinks'))),
    names: {
      sources: Object.keys(SOURCES),
      actuators: Object.keys(ACTUATORS),
      sinks: Object.keys(SINKS),
    },
  };
}

async function pick<T>(
  all: { readonly [kind: string]: () => Promise<T> },
  used: (kind: string) => boolean,
): Promise<{ readonly [kind: string]: T }> {
  const wanted = Object.entries(all).filter(([kind]) => used(kind));
  return Object.fromEntries(
    await Promise.all(wanted.map(async ([kind, load]) => [kind, await load()] as const)),
  );
}
