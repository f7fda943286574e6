import { useId } from 'react';
import type { PersonView } from '#contract/fleet-client.ts';
import { ROLES, type Role } from '#kernel/rights.ts';

export type Grants = PersonView['grants'];

const MEANS: { readonly [role in Role]: string } = {
  viewer: 'sees sites, values, events',
  operator: 'also acts on alarms',
  engineer: 'also what engineers of a site may',
  administrator: 'also decides about identities and people',
};

/** How many groups the form has room for; more are kept as they are by the command line. */
const ROOM = 3;

/** What somebody may, and at which sites. */
export function GrantFields({ grants = [{ role: 'viewer' }] }: { readonly grants?: Grants | undefined }) {
  const id = useId();
  const rows = Array.from({ length: Math.max(ROOM, grants.length + 1) }, (_, i) => grants[i]);
  return (
    <fieldset className="grants">
      <legend className="ix-form-label">May</legend>
      {rows.map((grant, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of a form that stay where they are
        <div key={i} className="grant">
          <select name="role" aria-label={`Role ${i + 1}`} defaultValue={grant?.role ?? ''}>
            {i > 0 && <option value="">nothing more</option>}
            {ROLES.map((role) => (
              <option key={role} value={role}>
                {role}: {MEANS[role]}
              </option>
            ))}
          </select>
          <input
            className="ix-form-control"
            name="sites"
            aria-label={`At sites ${i + 1}`}
            aria-describedby={`${id}-about`}
            placeholder="the whole fleet"
            autoComplete="off"
            defaultValue={grant?.sites ?? ''}
          />
        </div>
      ))}
      <p id={`${id}-about`} className="about">
        At sites by their labels, such as region=north,line!=2. Empty: the whole fleet. Each role may what the
        ones before it may.
      </p>
    </fieldset>
  );
}

/** What the fields above were given. */
export function grantsOf(given: FormData): Grants {
  const sites = given.getAll('sites').map((one) => String(one).trim());
  return given.getAll('role').flatMap((role, i) => {
    if (role === '') return [];
    const at = sites[i] ?? '';
    return [{ role: role as Role, ...(at !== '' && { sites: at }) }];
  });
}

/** Roles with the sites where they hold. */
export const GrantList = ({ grants }: { readonly grants: Grants }) => (
  <ul className="plain">
    {grants.map(({ role, sites }) => (
      <li key={`${role} ${sites}`}>
        {role} {sites === undefined ? <span className="quiet">everywhere</span> : <code>{sites}</code>}
      </li>
    ))}
  </ul>
);
