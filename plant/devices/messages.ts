import type { Signals } from '#plant/physics/measure.ts';

/*
 * What the world and its devices tell each other over the channel between parent and child. Structured clone, so
 * 64-bit integers travel as they are.
 */

/** Faults that a device process carries out itself; the others are done to it from outside. */
export const DEVICE_FAULTS = [
  'device-silent',
  'slow-device',
  'garbage-replies',
  'clock-wrong',
  'server-renumbered',
  'certificate-changed',
  'node-reborn',
  'out-of-order',
] as const;
export type DeviceFault = (typeof DEVICE_FAULTS)[number];

/** Faults that begin and end with a restart: the new process reads them from its options. */
export const RESTART_FAULTS: ReadonlySet<DeviceFault> = new Set(['server-renumbered', 'certificate-changed']);

export interface StartOptions {
  readonly name: string;
  readonly port: number;
  /** Takes any free port when this one is taken; not after a restart, which must come back on the same. */
  readonly orFree: boolean;
  /** Broker outside of the plant; the plant starts none then. */
  readonly broker?: string | undefined;
  /** Host of the Sparkplug node, without which it stays silent. */
  readonly primaryHost?: string | undefined;
  readonly slowMs: number;
  /** Faults that are on already. */
  readonly faults: readonly DeviceFault[];
  /** Where a device that needs files keeps them. */
  readonly dir?: string | undefined;
  /** The folder is a temporary one: a device that outlives the plant removes it. */
  readonly dirEndsWithUs?: boolean | undefined;
}

export type ToDevice =
  | { readonly kind: 'start'; readonly options: StartOptions }
  /**
   * @param sections one for each line, or the one of the device
   * @param applied the highest command that these signals already show
   */
  | { readonly kind: 'signals'; readonly sections: readonly Signals[]; readonly applied: number }
  | { readonly kind: 'fault'; readonly fault: DeviceFault; readonly on: boolean };

export type FromDevice =
  | { readonly kind: 'ready'; readonly port: number; readonly fingerprint?: string }
  | { readonly kind: 'failed'; readonly message: string }
  | {
      readonly kind: 'command';
      readonly seq: number;
      /** From 1. */
      readonly section: number;
      readonly name: string;
      readonly value: number | boolean;
    };
