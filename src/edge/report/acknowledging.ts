import type { Core } from '#edge/core.ts';
import type { Json } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import type { AnswerMessage, AskedAcknowledgement } from '#uplink/reports.ts';
import { occurrenceOf } from './rows.ts';

/** Key in the journal's state: what was answered, until the hub has it. See docs/formats/journal.md. */
const ANSWERED_STATE = 'hub.answered';

export interface AcknowledgingPorts {
  readonly core: Pick<Core, 'clock' | 'journal' | 'decisions' | 'path'>;
  /** Whether the site file lets the hub. */
  may(): boolean;
}

type Outcome = AnswerMessage['fault'] | null;

/**
 * Acknowledges what people at the hub ask for, each request once: what was done is kept with the same commit as the doing,
 * and told again whenever the hub asks again.
 */
export class Acknowledging {
  readonly #ports: AcknowledgingPorts;
  #answered: ReadonlyMap<string, Outcome>;

  constructor(ports: AcknowledgingPorts) {
    this.#ports = ports;
    this.#answered = keptIn(ports.core.journal.opened.state.get(ANSWERED_STATE));
  }

  /** @param asked all that the hub waits for: what is not among it, the hub has noted */
  asked(asked: readonly AskedAcknowledgement[], answered: (answer: AnswerMessage) => void): void {
    const { journal } = this.#ports.core;
    const now = asked.map((one) => {
      const key = keyOf(one);
      const known = this.#answered.get(key);
      return { id: one.id, key, fault: known === undefined ? this.#do(one) : known };
    });
    const before = this.#answered.size;
    this.#answered = new Map(now.map(({ key, fault }) => [key, fault]));
    if (before > 0 || now.length > 0)
      journal.state(
        ANSWERED_STATE,
        now.length === 0 ? undefined : (Object.fromEntries(this.#answered) as Json),
      );
    if (now.length === 0) return;
    // It is in the audit before it is answered; on a disk that takes nothing it is done all the same, as by hand.
    journal.whenSettled(() => {
      for (const { id, fault } of now) answered({ kind: 'answer', id, ...(fault && { fault }) });
    }, 'now');
  }

  #do({ alarm: id, occurrence, by, comment }: AskedAcknowledgement): Outcome {
    const { core } = this.#ports;
    const who = `hub:${by}`;
    try {
      const alarm = core.decisions.alarms().find((one) => one.id === id);
      if (!this.#ports.may()) throw notAllowed();
      if (!alarm) throw new Fault('alarm.unknown', `there is no alarm ${id}`, { retry: 'never' });
      if (occurrenceOf(alarm.raisedUs) !== occurrence) throw raisedAnew(id);
      // By somebody else meanwhile, or by this very request before the hub came back from a backup.
      if (!DONE.has(alarm.state)) core.path.operate(id, { act: 'acknowledge' }, who, comment);
      return null;
    } catch (error) {
      const { code, message, hint } = Fault.from(error, 'alarm.not-possible', `alarm ${id}`);
      const timeUs = core.clock.nowUs();
      const detail = { code, message };
      const name = 'security.acknowledge-refused';
      core.path.event({ kind: 'security', name, subject: id, by: who, timeUs, detail });
      return { code, message, ...(hint !== undefined && { hint }) };
    }
  }
}

const DONE: ReadonlySet<string> = new Set(['normal', 'acknowledged', 'latchedAcknowledged']);

/** A number alone may be given twice by a hub that came back from a backup. */
const keyOf = ({ id, alarm, occurrence }: AskedAcknowledgement): string => `${id}/${occurrence}/${alarm}`;

function keptIn(json: Json | undefined): ReadonlyMap<string, Outcome> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return new Map();
  return new Map(Object.entries(json) as [string, Outcome][]);
}

const notAllowed = (): Fault =>
  new Fault('hub.no-acknowledge', 'the site file lets no hub acknowledge alarms', {
    retry: 'never',
    hint: 'somebody at the site does, or writes `settings: { hub: { acknowledge: true } }` in its site file',
  });

const raisedAnew = (id: string): Fault =>
  new Fault('alarm.raised-anew', `alarm ${id} was raised anew since it was seen`, {
    retry: 'never',
    hint: 'look at it again, and acknowledge it as it is now',
  });
