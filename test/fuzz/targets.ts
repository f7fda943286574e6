import type { Target } from './target.ts';

/** Reading one of these takes a hundred times as long as the others. */
export const slowOnes: ReadonlySet<string> = new Set(['site-file']);

/** All readers by name; each is loaded by whoever wants it. */
export const TARGETS: { readonly [name: string]: () => Promise<Target> } = {
  'site-file': async () => (await import('./targets/site-file.ts')).siteFile(),
  expression: async () => (await import('./targets/site-file.ts')).expression(),
  'tag-sheet': async () => (await import('./targets/site-file.ts')).tagSheet,
  'mqtt-packets': async () => (await import('./targets/mqtt.ts')).packets,
  'mqtt-payloads': async () => (await import('./targets/mqtt.ts')).payloads,
  'sparkplug-payloads': async () => (await import('./targets/sparkplug.ts')).sparkplugPayloads,
  'modbus-tcp': async () => (await import('./targets/modbus.ts')).modbusTcp,
  'modbus-rtu': async () => (await import('./targets/modbus.ts')).modbusRtu,
  'opcua-values': async () => (await import('./targets/opcua.ts')).opcuaValues(),
  'journal-blocks': async () => (await import('./targets/journal.ts')).blocks,
  'journal-blocks-forged': async () => (await import('./targets/journal.ts')).forgedBlocks,
  'historian-chunks': async () => (await import('./targets/historian.ts')).chunks,
  'uplink-frames': async () => (await import('./targets/uplink.ts')).uplinkFrames,
  parcels: async () => (await import('./targets/parcel.ts')).parcels,
  'parcel-sections': async () => (await import('./targets/parcel.ts')).parcelSections,
  'historian-chunks-forged': async () => (await import('./targets/historian.ts')).forgedChunks,
};
