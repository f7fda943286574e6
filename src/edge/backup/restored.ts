import type { RestoredStatus } from '#contract/api.ts';
import type { Core } from '#edge/core.ts';
import type { SkippedRows } from '#journal/revive.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import type { ReplacedIdentity } from '#trust/retire.ts';

/** Key in the journal's state: a site that came out of a backup, and what of it has been told. */
export const RESTORED_STATE = 'restored';

export interface Restored {
  readonly site: string;
  /** When the backup was made and restored, wall clock. */
  readonly backupUs: number;
  readonly restoredUs: number;
  readonly backupEpoch: number;
  /** Last wall time in the journal of the backup. */
  readonly backupWallUs: number;
  /** Whether this box took the place of another one. */
  readonly replacement: boolean;
  /** Own certificates that ended, since their keys are not here, and what came in their place. */
  readonly identities: readonly ReplacedIdentity[];
  readonly skipped: readonly SkippedRows[];
  readonly told: boolean;
}

/**
 * What a site that came out of a backup says of it: once to the audit, and to people until one of them has looked.
 * Alarms, shelvings, modes and tag-outs are those of the backup, and the plant has gone on since.
 */
export class RestoredNotice {
  readonly #core: Core;
  #restored: Restored | undefined;

  constructor(core: Core) {
    this.#core = core;
    this.#restored = (core.journal.opened.state.get(RESTORED_STATE) ?? undefined) as Restored | undefined;
  }

  /** At start, before anything else is recorded but the start itself. */
  record(): void {
    const restored = this.#restored;
    if (!restored || restored.told) return;
    const { journal, clock, path } = this.#core;
    const { site, backupUs, restoredUs, backupEpoch, backupWallUs, replacement, skipped } = restored;
    const identities = restored.identities.map((one) => ({ ...one }));
    const epochs = { oldEpoch: backupEpoch, newEpoch: journal.opened.epoch };
    const told = { backupUs, restoredUs, ...epochs, identities };
    const event = (kind: SiteEvent['kind'], name: string, detail: { readonly [key: string]: Json }) =>
      path.event({ kind, name, subject: site, timeUs: clock.nowUs(), detail });
    if (replacement) event('security', 'security.box-replaced', told);
    event('system', 'system.restored', {
      ...told,
      ...(skipped.length > 0 && { skipped: skipped.map((one) => ({ ...one })) }),
      why: 'alarms, shelvings, modes and tag-outs are those of the backup; leases have run out',
    });
    // What the old box recorded since the backup is lost here, whether or not a machine tells it again.
    const toUs = Math.max(clock.nowUs(), backupWallUs);
    journal.gap({ tags: 'all', fromUs: backupWallUs, toUs, count: undefined, reason: 'site-down' });
    this.#restored = { ...restored, told: true };
    journal.state(RESTORED_STATE, this.#restored as unknown as Json);
  }

  get status(): RestoredStatus | undefined {
    if (!this.#restored) return undefined;
    const { backupUs, restoredUs, replacement, skipped } = this.#restored;
    return { backupUs, restoredUs, replacement, skipped };
  }

  /** Somebody has looked at what may be old. @throws Fault `restore.nothing` */
  checked(by: string): void {
    if (!this.#restored)
      throw new Fault('restore.nothing', 'this site did not come out of a backup, or somebody has looked', {
        retry: 'never',
      });
    const { site, backupUs } = this.#restored;
    this.#restored = undefined;
    const { journal, clock, path } = this.#core;
    path.event({
      kind: 'system',
      name: 'system.restore-checked',
      subject: site,
      by,
      timeUs: clock.nowUs(),
      detail: { backupUs },
    });
    journal.state(RESTORED_STATE, undefined);
  }
}
