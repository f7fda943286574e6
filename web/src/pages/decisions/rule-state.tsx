import type { RuleStatus } from '#contract/client.ts';

const TEXT: { readonly [state in RuleStatus['state']]: string } = {
  on: 'on',
  off: 'off',
  unknown: 'unknown',
};

/** A full disc is on, a hollow one off; what cannot be decided is abnormal and says so. */
export const RuleState = ({ state }: Pick<RuleStatus, 'state'>) => (
  <span
    className="rule-state"
    data-state={state}
    title={state === 'unknown' ? 'an input is bad or not there yet' : ''}
  >
    <svg viewBox="0 0 16 16" aria-hidden="true">
      {state === 'unknown' ? <path d="M8 1 15 8 8 15 1 8z" /> : <circle cx="8" cy="8" r="5.5" />}
    </svg>
    {TEXT[state]}
  </span>
);
