import { useId } from 'react';
import { ROLES, type Role } from '#kernel/rights.ts';
import { Field } from '../../parts/field.tsx';

const MEANS: { readonly [role in Role]: string } = {
  viewer: 'sees everything but the site file',
  operator: 'also writes, and acts on alarms',
  engineer: 'also changes the site file and trusts certificates',
  administrator: 'also decides who may sign in',
};

/** Role and areas of a user or of a token. */
export function RightsFields({
  role = 'viewer',
  areas = [],
}: {
  readonly role?: Role | undefined;
  readonly areas?: readonly string[] | undefined;
}) {
  const id = useId();
  return (
    <>
      <div className="field">
        <label className="ix-form-label" htmlFor={id}>
          Role
        </label>
        <select id={id} name="role" defaultValue={role}>
          {ROLES.map((one) => (
            <option key={one} value={one}>
              {one}: {MEANS[one]}
            </option>
          ))}
        </select>
      </div>
      <Field label="Areas" name="areas" required={false} defaultValue={areas.join(', ')} autoComplete="off">
        Paths such as hall/line2, by commas. Empty: the whole site.
      </Field>
    </>
  );
}

/** What the fields above were given. */
export const rightsOf = (given: FormData) => ({
  role: given.get('role') as Role,
  areas: areasOf(String(given.get('areas'))),
});

/** Paths as somebody typed them, by commas, blanks or lines; undefined for the whole site. */
function areasOf(typed: string): readonly string[] | undefined {
  const areas = typed.split(/[\s,;]+/).filter((one) => one !== '');
  return areas.length === 0 ? undefined : areas.map((one) => one.replaceAll(/^\/+|\/+$/g, ''));
}

export function Areas({ areas }: { readonly areas: readonly string[] | undefined }) {
  return areas === undefined ? (
    <span className="quiet">the whole site</span>
  ) : (
    <span>{areas.join(', ')}</span>
  );
}
