import type { IdentityState, LinkState } from '../data/states.ts';

const STATES: { readonly [state in LinkState]: string } = {
  online: 'online',
  offline: 'offline',
  stale: 'in doubt',
  never: 'never came',
};

const ABOUT: { readonly [state in LinkState]: string } = {
  online: 'It is connected.',
  offline: 'It was connected, and that has ended.',
  stale: 'The process of the hub that it was connected to is gone, and it has come to no other one yet.',
  never: 'It has joined, and has never connected.',
};

export const stateText = (state: LinkState): string => STATES[state];

/** Whether a site is connected: a shape and a word; only what is not well has a colour. */
export const StateMark = ({ state }: { readonly state: LinkState }) => (
  <span className="state-mark" data-state={state} title={ABOUT[state]}>
    <svg viewBox="0 0 12 12" aria-hidden="true">
      <Shape state={state} />
    </svg>
    {STATES[state]}
  </span>
);

function Shape({ state }: { readonly state: LinkState }) {
  if (state === 'online') return <circle cx="6" cy="6" r="3.5" />;
  if (state === 'offline') return <path d="M2 2 10 10M10 2 2 10" />;
  if (state === 'stale') return <circle cx="6" cy="6" r="4" strokeDasharray="2.5 2" data-hollow />;
  return <circle cx="6" cy="6" r="3.5" data-hollow />;
}

const IDENTITIES: { readonly [state in IdentityState]: string } = {
  active: 'active',
  expired: 'over',
  cloned: 'two boxes',
  revoked: 'revoked',
  retired: 'retired',
};

const IDENTITY_ABOUT: { readonly [state in IdentityState]: string } = {
  active: 'Its certificate is valid.',
  expired: 'Its certificate is over; the site comes back by renewing it.',
  cloned: 'Two boxes were seen with this identity. Join the right one again.',
  revoked: 'Its identity was ended by people. A join token lets a box in again.',
  retired: 'The site is no more.',
};

export const identityText = (state: IdentityState): string => IDENTITIES[state];
export const identityAbout = (state: IdentityState): string => IDENTITY_ABOUT[state];

/** What is the matter with the identity of a site. */
export const IdentityMark = ({ state }: { readonly state: IdentityState }) => (
  <span
    className={state === 'cloned' || state === 'revoked' ? 'nowrap abnormal' : 'nowrap'}
    title={IDENTITY_ABOUT[state]}
  >
    {IDENTITIES[state]}
  </span>
);
