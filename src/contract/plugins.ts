import type * as z from 'zod';
import type { Tag } from '#kernel/tag-table.ts';

/*
 * What the contract must know of a plugin to check a site file: its schemas. A SourceDef, an ActuatorDef
 * and a SinkDef of `#plugin/api.ts` are such kinds as they stand.
 */

export interface PluginFinding {
  /** Path of the tag concerned; the configuration of the source itself when absent. */
  readonly tag?: string;
  readonly message: string;
  readonly hint: string;
}

export interface SourceKind {
  readonly config: z.ZodType;
  /** Schema of a tag's address; absent where the source's tags have none. */
  readonly address?: z.ZodType;
  /** What the schemas cannot see: points that contradict each other or the configuration. */
  check?(
    config: unknown,
    points: readonly { readonly tag: Tag; readonly address: unknown }[],
  ): readonly PluginFinding[];
}

export interface ActuatorKind {
  readonly config: z.ZodType;
  /** Schema of the fields of `send` beside `to`. */
  readonly action?: z.ZodType;
  /** Present where it can tell people of an alarm; the fields of a notice's step beside our own. */
  readonly notice?: { readonly fields: z.ZodType };
}

export interface SinkKind {
  readonly config: z.ZodType;
}

/** The kinds that this program brings, by the name that `kind:` takes. */
export interface Plugins {
  readonly sources: { readonly [kind: string]: SourceKind };
  readonly actuators: { readonly [kind: string]: ActuatorKind };
  readonly sinks: { readonly [kind: string]: SinkKind };
  /** All that there are, where only those that a file mentions were loaded: for whoever has written another one. */
  readonly names?: { readonly [section in PluginSection]: readonly string[] };
}

export type PluginSection = 'sources' | 'actuators' | 'sinks';
