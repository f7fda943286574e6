import { usePolled } from '../../../data/poll.ts';
import { Age } from '../../../parts/age.tsx';
import { date } from '../../../parts/format.ts';
import { Refusal } from '../../../parts/refusal.tsx';
import { Table } from '../../../parts/table.tsx';
import { fleet } from '../../data/api.ts';
import { SITES } from '../../data/summary.ts';
import { LedgerCells, LedgerHead } from '../../parts/ledger.tsx';

const EVERY_MS = 5000;

/** What became of every sample of one site, by each journal that it had. */
export function Ledger({ site }: { readonly site: string }) {
  const { data, error } = usePolled(
    `${SITES} ledger of ${site}`,
    (signal) => fleet.siteLedger(site, signal),
    EVERY_MS,
  );
  return (
    <section className="card" aria-label="Ledger">
      <header className="card-head">
        <h2>Ledger</h2>
        {data &&
          (data.toldUs === undefined ? (
            <span className="quiet">the site has not told its counts yet</span>
          ) : (
            <span className="quiet">
              told <Age sinceUs={data.toldUs} /> ago
            </span>
          ))}
      </header>
      {error && !data && <Refusal error={error} />}
      {data && (
        <Table label="Table of the ledger">
          <thead>
            <tr>
              <th scope="col">Journal</th>
              <LedgerHead />
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">all</th>
              <LedgerCells sums={data} />
            </tr>
            {data.journals.map((one) => (
              <tr key={one.journal}>
                <th scope="row">
                  <code title={one.journal}>{one.journal.slice(0, 8)}</code>{' '}
                  <span className="quiet">since {date(one.beganUs / 1000)}</span>
                </th>
                <LedgerCells sums={one} />
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </section>
  );
}
