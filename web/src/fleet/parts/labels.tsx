import { hashOf } from '../../shell/route.ts';

/** Labels of a site; each leads to all sites that have it. */
export function Labels({ labels }: { readonly labels: { readonly [name: string]: string } }) {
  const all = Object.entries(labels);
  if (all.length === 0) return <span className="quiet">none</span>;
  return (
    <span className="labels">
      {all.map(([name, value]) => (
        <a key={name} className="label" href={hashOf('sites', '', { labels: termOf(name, value) })}>
          <span className="quiet">{name}</span> {value}
        </a>
      ))}
    </span>
  );
}

/** A condition of a label expression; values that one cannot hold are looked for by the label alone. */
export const termOf = (name: string, value: string | undefined): string => {
  if (value === undefined) return `!${name}`;
  return /^[^\s,()!=]{1,200}$/.test(value) ? `${name}=${value}` : name;
};
