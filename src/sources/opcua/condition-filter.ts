import type { Variant } from 'node-opcua-client';
import type { Library } from '#wire/opcua/library.ts';
import { variantValue } from '#wire/opcua/values.ts';
import type { ConditionEvent } from './condition-memory.ts';

/** Types of OPC UA Part 6, A.1. */
const BASE_EVENT = 'ns=0;i=2041';
const SYSTEM_EVENT = 'ns=0;i=2130';
const CONDITION = 'ns=0;i=2782';
const ACKNOWLEDGEABLE = 'ns=0;i=2881';
const ALARM = 'ns=0;i=2915';
export const REFRESH_START = 'ns=0;i=2787';
export const REFRESH_END = 'ns=0;i=2788';
export const REFRESH_REQUIRED = 'ns=0;i=2789';
export const QUEUE_OVERFLOW = 'ns=0;i=3035';

const NODE_ID = 1;
const VALUE = 13;

/** What is asked of each event: where the type defines it, and its path; an empty path is the condition's own node. */
const FIELDS = [
  ['eventId', BASE_EVENT, 'EventId'],
  ['eventType', BASE_EVENT, 'EventType'],
  ['source', BASE_EVENT, 'SourceName'],
  ['time', BASE_EVENT, 'Time'],
  ['message', BASE_EVENT, 'Message'],
  ['severity', BASE_EVENT, 'Severity'],
  ['conditionId', CONDITION, ''],
  ['condition', CONDITION, 'ConditionName'],
  ['branch', CONDITION, 'BranchId'],
  ['retain', CONDITION, 'Retain'],
  ['enabled', CONDITION, 'EnabledState/Id'],
  ['comment', CONDITION, 'Comment'],
  ['user', CONDITION, 'ClientUserId'],
  ['acknowledged', ACKNOWLEDGEABLE, 'AckedState/Id'],
  ['confirmed', ACKNOWLEDGEABLE, 'ConfirmedState/Id'],
  ['active', ALARM, 'ActiveState/Id'],
  ['limit', ALARM, 'ActiveState/EffectiveDisplayName'],
] as const;
type Field = (typeof FIELDS)[number][0];

/** @param narrow whether the server is to leave out what is neither a condition nor about refreshing */
export function conditionFilter(library: Library, narrow: boolean): object {
  const { EventFilter, SimpleAttributeOperand, makeContentFilter, ofType, or } = library;
  const selectClauses = FIELDS.map(
    ([, typeDefinitionId, path]) =>
      new SimpleAttributeOperand({
        typeDefinitionId,
        browsePath: path === '' ? null : path.split('/').map((name) => ({ namespaceIndex: 0, name })),
        attributeId: path === '' ? NODE_ID : VALUE,
      }),
  );
  const whereClause = makeContentFilter(or(ofType(CONDITION), ofType(SYSTEM_EVENT)));
  return new EventFilter({ selectClauses, ...(narrow && { whereClause }) });
}

/** The fields of one event by name. */
export class EventFields {
  readonly #variants: readonly (Variant | undefined)[];

  constructor(variants: readonly (Variant | undefined)[]) {
    this.#variants = variants;
  }

  /** Node id of its type. */
  get type(): string {
    const text = this.#text('eventType');
    return text.startsWith('ns=') ? text : `ns=0;${text}`;
  }

  /** Undefined for an event that is no condition's. */
  condition(): ConditionEvent | undefined {
    const conditionId = this.#text('conditionId');
    if (conditionId === '') return undefined;
    const branch = this.#text('branch');
    const isBranch = !NO_BRANCH.has(branch);
    const eventId = this.#value('eventId');
    return {
      key: isBranch ? `${conditionId} ${branch}` : conditionId,
      ...(isBranch && { trunk: conditionId }),
      eventId: eventId instanceof Uint8Array ? Buffer.from(eventId).toString('hex') : '',
      condition: this.#text('condition'),
      source: this.#text('source'),
      severity: Number(this.#value('severity') ?? 0),
      message: this.#text('message'),
      retain: this.#value('retain') === true,
      ...this.#flags(),
      more: {
        conditionId,
        eventType: this.type,
        deviceTime: this.#text('time'),
        ...this.#texts('limit', 'comment', 'user'),
      },
    };
  }

  #flags(): Partial<ConditionEvent> {
    const names = ['active', 'acknowledged', 'confirmed', 'enabled'] as const;
    const given = names.flatMap((name) => {
      const value = this.#value(name);
      return typeof value === 'boolean' ? [[name, value] as const] : [];
    });
    return Object.fromEntries(given);
  }

  #texts(...names: Field[]): { [name: string]: string } {
    return Object.fromEntries(names.flatMap((name) => (this.#text(name) ? [[name, this.#text(name)]] : [])));
  }

  #value(name: Field) {
    return variantValue(this.#variants[FIELDS.findIndex(([field]) => field === name)]);
  }

  #text(name: Field): string {
    const value = this.#value(name);
    return typeof value === 'string' ? value.slice(0, MOST_TEXT) : '';
  }
}
const NO_BRANCH: ReadonlySet<string> = new Set(['', 'ns=0;i=0', 'i=0']);
const MOST_TEXT = 1000;
