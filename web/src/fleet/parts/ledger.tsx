import type { FleetLedger } from '#contract/fleet-client.ts';
import { count } from '../../parts/format.ts';

export type Sums = Pick<
  FleetLedger,
  'acquired' | 'stored' | 'delivered' | 'waiting' | 'lost' | 'difference' | 'unknown' | 'toldUs'
>;

export const LEDGER_COLUMNS: readonly (readonly [string, string])[] = [
  ['Acquired', 'Taken from sources, as the site counts.'],
  ['Stored', 'Written to the journal of the site.'],
  ['Delivered', 'At the hub, as the hub counts.'],
  ['Waiting', 'At the site, and not at the hub.'],
  ['Lost', 'Counted as lost.'],
  [
    'Difference',
    'Acquired less delivered, waiting and lost: anything but 0 is a mistake that must be looked at.',
  ],
];

/** Cells of a row of the ledger; the sum is right where the difference is 0. */
export function LedgerCells({ sums }: { readonly sums: Sums }) {
  const { acquired, stored, delivered, waiting, lost, difference, unknown, toldUs } = sums;
  // What only the site can count is not known before it has told.
  const known = (value: number) => (toldUs === undefined ? '–' : count(value));
  return (
    <>
      <td className="number">{known(acquired)}</td>
      <td className="number">{known(stored)}</td>
      <td className="number">{count(delivered)}</td>
      <td className="number">{known(waiting)}</td>
      <td className={lost > 0 ? 'number abnormal' : 'number'}>
        {count(lost)}
        {unknown > 0 && (
          <span title={`${unknown} holes of which nobody can know how many samples are missing`}> + ?</span>
        )}
      </td>
      <td className={difference === 0 ? 'number quiet' : 'number abnormal'}>{known(difference)}</td>
    </>
  );
}

export const LedgerHead = () => (
  <>
    {LEDGER_COLUMNS.map(([name, about]) => (
      <th key={name} scope="col" className="number" title={about}>
        {name}
      </th>
    ))}
  </>
);
