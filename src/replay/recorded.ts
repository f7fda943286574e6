import type { FoundBy } from '#decide/detectors/saying.ts';
import type { Item } from '#journal/api.ts';
import type { SiteEvent } from '#kernel/event.ts';
import type { AlarmFound, AlertFound, Finding, RuleFound, What } from '#replay/finding.ts';

type Detail = NonNullable<SiteEvent['detail']>;

/** Reads back from the events of a journal what the site itself found and did, entry by entry. */
export class Recorded {
  #seq = 0;
  /** Rules whose state changed in the step that the events behind it belong to. */
  readonly #moved = new Set<string>();
  /** Writes whose end is still to come: a refusal of one of them is an end, and no second write. */
  readonly #open = new Set<unknown>();

  take(item: Item): Finding | undefined {
    if (item.kind !== 'event') {
      if (item.kind === 'tick' || !item.mark.derived) this.#step(item.seq);
      return undefined;
    }
    if (isAct(item.event)) {
      this.#step(item.seq);
      return undefined;
    }
    const what = this.#what(item.event);
    return what && { seq: this.#seq, atUs: item.atUs, timeUs: item.event.timeUs, what };
  }

  #step(seq: number): void {
    this.#seq = seq;
    // Clearing an empty set costs as much as deciding a small batch.
    if (this.#moved.size > 0) this.#moved.clear();
  }

  #what({ kind, name, subject, by, detail = {} }: SiteEvent): What | undefined {
    const rule = by?.startsWith('rule:') ? by.slice('rule:'.length) : undefined;
    if (name === 'rule.skipped') return skipped(subject, detail);
    if (name === 'rule.would-write') return wouldWrite(subject, detail);
    if (name === 'rule.would-send')
      return { kind: 'send', rule: subject, to: String(detail.to), shadow: true };
    if (kind === 'rule' && 'to' in detail) {
      this.#moved.add(subject);
      const { from, to } = detail as unknown as Pick<RuleFound, 'from' | 'to'>;
      return { kind: 'rule', id: subject, from, to };
    }
    if (kind === 'alarm' && 'to' in detail) return alarm(subject, by, detail);
    if (kind === 'alert') return alert(name, subject, detail);
    if (kind === 'write') return this.#write(name, subject, rule, detail);
    if (name === 'action.intent' && rule !== undefined) return { kind: 'send', rule, to: subject };
    return undefined;
  }

  #write(name: string, tag: string, rule: string | undefined, detail: Detail): What | undefined {
    const { id, value = null, refusal, reason, why } = detail;
    if (name === 'write.intent') this.#open.add(id);
    else if (this.#open.delete(id) || name !== 'write.refused') return undefined;
    // Heartbeats are written in the name of a rule, and no rule decided them.
    if (rule === undefined || why === 'heartbeat') return undefined;
    const renewal = !this.#moved.has(rule);
    const refused = name === 'write.refused' && { refused: { limit: refusal, reason } };
    return { kind: 'write', rule, tag, value, renewal, ...refused } as What;
  }
}

/** An operator's act, and not the change of state that it led to: both may bear one name. */
export const isAct = ({ kind, detail }: SiteEvent): boolean => kind === 'alarm' && detail?.act !== undefined;

function alarm(id: string, by: string | undefined, detail: Detail): What {
  const { from, to, priority, cause, firstOut, comment } = detail as unknown as AlarmFound;
  const who = { ...(by !== undefined && { by }), ...(comment !== undefined && { comment }) };
  return { kind: 'alarm', id, priority, from, to, cause, firstOut, ...who };
}

/** By the names of their events; what people said of an alert is another one. */
const ALERTS: { readonly [name: string]: AlertFound['to'] } = {
  'alert.began': 'began',
  'alert.ended': 'ended',
  'alert.would-begin': 'began',
  'alert.would-end': 'ended',
};

function alert(name: string, rule: string, detail: Detail): What | undefined {
  const to = ALERTS[name];
  if (!to) return undefined;
  const { text, cause, lastedMs = 0, inputs = [] } = detail as unknown as Omit<AlertFound, 'rule' | 'to'>;
  const { detector, certainty, reasons, atEnd, shadow } = detail;
  const found = {
    ...{ detector, certainty, reasons },
    ...(atEnd !== undefined && { atEnd }),
    ...(shadow === true && { shadow }),
  } as unknown as FoundBy;
  const ofDetector = detector !== undefined && { found };
  return { kind: 'alert', rule, to, cause, text, lastedMs, inputs, ...ofDetector };
}

function wouldWrite(rule: string, { tag, value = null, refusal, reason }: Detail): What {
  const refused = refusal !== undefined && { refused: { limit: refusal, reason } };
  return { kind: 'write', rule, tag: String(tag), value, renewal: false, shadow: true, ...refused } as What;
}

function skipped(rule: string, { edge, tag, reason }: Detail): What {
  return { kind: 'skipped', rule, edge, ...(tag !== undefined && { tag }), reason } as What;
}
