import { HEARTBEAT } from '#edge/heartbeat.ts';
import { OPEN_WRITES_STATE, OpenWrites } from '#edge/open-writes.ts';
import type { SourceLoop } from '#edge/source-loop.ts';
import type { GuardPorts, WriteOutcome, WriteState } from '#guard/api.ts';
import type { Journal } from '#journal/api.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Command } from '#kernel/command.ts';
import { type Json, type SiteEvent, valueToJson } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';

export const GUARD_STATE = 'guard';

export interface WritePorts {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly event: (event: SiteEvent) => void;
  /** Source that owns the tag; undefined for tags that no source writes. */
  readonly sourceOf: (tag: number) => SourceLoop | undefined;
  /** As the site file says now. */
  readonly remoteWrites: () => boolean;
  readonly shadow: boolean;
}

/** What the guard needs of the site, and the count of how writes ended. */
export function guardPorts(ports: WritePorts): {
  readonly ports: GuardPorts;
  readonly ended: Record<WriteState, number>;
} {
  const ended: Record<WriteState, number> = { refused: 0, sent: 0, confirmed: 0, failed: 0, unknown: 0 };
  const heartbeats = new LastOutcome();
  const open = new OpenWrites((state) => ports.journal.state(OPEN_WRITES_STATE, state));
  return {
    ended,
    ports: {
      steadyUs: ports.clock.steadyUs,
      send: async (command: Command, signal: AbortSignal) => {
        const source = ports.sourceOf(command.tag);
        if (!source) throw new Fault('edge.source-down', 'no source writes this tag', { retry: 'never' });
        return await source.write(command, signal);
      },
      durable: () => durable(ports.journal),
      get remoteWrites() {
        return ports.remoteWrites();
      },
      shadow: ports.shadow,
      hasAuthority: () => ports.journal.hasAuthority,
      record: (name, outcome) => {
        if (outcome.by === HEARTBEAT && (name === 'intent' || !heartbeats.changed(outcome.tag, name))) return;
        if (name === 'intent') open.begin(outcome);
        else {
          ended[name]++;
          open.end(outcome.id);
        }
        ports.event(writeEvent(name, outcome, ports.clock.nowUs()));
      },
      save: (state) => ports.journal.state(GUARD_STATE, state),
    },
  };
}

/** @throws Fault of the journal: then the write must not leave */
export function durable(journal: Journal): Promise<void> {
  return new Promise((resolve, reject) => {
    journal.whenSettled((result) => (result === 'durable' ? resolve() : reject(result)));
  });
}

/** A write that people or the outside were refused is a security event (IEC 62443-3-3 SR 2.8). */
function writeEvent(
  name: 'intent' | WriteState,
  outcome: Omit<WriteOutcome, 'state' | 'tookMs'> & Partial<WriteOutcome>,
  timeUs: number,
): SiteEvent {
  const { path, value, readBack, by, tag: _, ...rest } = outcome;
  const refusedPerson = name === 'refused' && (by.kind === 'operator' || by.kind === 'remote');
  return {
    kind: refusedPerson ? 'security' : 'write',
    name: refusedPerson ? 'security.write-refused' : `write.${name}`,
    subject: path,
    by: `${by.kind}:${by.name}`,
    timeUs,
    detail: {
      value: valueToJson(value),
      ...(readBack !== undefined && { readBack: valueToJson(readBack) }),
      ...(rest as { readonly [key: string]: Json }),
    },
  };
}

/** Remembers how the last write to a tag ended: heartbeats are recorded only when that changes. */
class LastOutcome {
  readonly #last = new Map<number, string>();

  changed(tag: number, name: string): boolean {
    if (this.#last.get(tag) === name) return false;
    this.#last.set(tag, name);
    return true;
  }
}
