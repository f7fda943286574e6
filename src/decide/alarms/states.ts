import type { AlarmState } from '#decide/api.ts';

/** States in which an alarm follows its condition; the other three hide it. */
export type BaseState = Exclude<AlarmState, 'shelved' | 'suppressed' | 'outOfService'>;
export type AlarmInput = 'raise' | 'return' | 'acknowledge' | 'reset';

/**
 * The state table, after ISA-18.2-2016, figure 2. What is missing is not possible in that state; `same` is possible and
 * changes nothing, because doing it twice means the same. `return` says where an alarm goes that is not latched, then
 * where a latched one goes. A latched alarm that is reset before it was acknowledged still waits for that.
 */
const TABLE: {
  readonly [state in BaseState]: {
    readonly [input in Exclude<AlarmInput, 'return'>]?: BaseState | 'same';
  } & { readonly return: 'same' | readonly [plain: BaseState, latched: BaseState] };
} = {
  normal: { raise: 'unacknowledged', return: 'same', acknowledge: 'same', reset: 'same' },
  unacknowledged: {
    raise: 'same',
    return: ['returnedUnacknowledged', 'latchedUnacknowledged'],
    acknowledge: 'acknowledged',
  },
  acknowledged: { raise: 'same', return: ['normal', 'latchedAcknowledged'], acknowledge: 'same' },
  returnedUnacknowledged: { raise: 'unacknowledged', return: 'same', acknowledge: 'normal', reset: 'same' },
  latchedUnacknowledged: {
    raise: 'unacknowledged',
    return: 'same',
    acknowledge: 'latchedAcknowledged',
    reset: 'returnedUnacknowledged',
  },
  latchedAcknowledged: { raise: 'unacknowledged', return: 'same', acknowledge: 'same', reset: 'normal' },
};

/** @returns the state that follows; undefined when the input is not possible in this one */
export function nextState(state: BaseState, input: AlarmInput, latched: boolean): BaseState | undefined {
  const row = TABLE[state];
  if (input === 'return') return row.return === 'same' ? state : row.return[latched ? 1 : 0];
  const next = row[input];
  return next === 'same' ? state : next;
}

/** Whether the alarm is raised in this state, as against returned. */
export const isRaised = (state: BaseState): boolean => state === 'unacknowledged' || state === 'acknowledged';

export const isBaseState = (text: unknown): text is BaseState =>
  typeof text === 'string' && Object.hasOwn(TABLE, text);
