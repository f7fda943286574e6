import type { CommandName } from '#plant/physics/line.ts';
import type { Signals } from '#plant/physics/measure.ts';

/*
 * What the world and its devices tell each other over the channel between parent and child. Structured clone, so
 * 64-bit integers travel as they are.
 */

/** Faults that a device process carries out itself; the others are done to it from outside. */
export const DEVICE_FAULTS = ['device-silent', 'slow-device', 'garbage-replies', 'clock-wrong'] as const;
export type DeviceFault = (typeof DEVICE_FAULTS)[number];

export interface StartOptions {
  readonly name: string;
  readonly port: number;
  /** Takes any free port when this one is taken; not after a restart, which must come back on the same. */
  readonly orFree: boolean;
  /** Broker outside of the plant; the plant starts none then. */
  readonly broker?: string | undefined;
  readonly slowMs: number;
}

export type ToDevice =
  | { readonly kind: 'start'; readonly options: StartOptions }
  /** @param applied the highest command that these signals already show */
  | { readonly kind: 'signals'; readonly lines: readonly Signals[]; readonly applied: number }
  | { readonly kind: 'fault'; readonly fault: DeviceFault; readonly on: boolean };

export type FromDevice =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'failed'; readonly message: string }
  | {
      readonly kind: 'command';
      readonly seq: number;
      readonly line: number;
      readonly name: CommandName;
      readonly value: number | boolean;
    };
