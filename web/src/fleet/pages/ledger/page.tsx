import { IxButton } from '@siemens/ix-react';
import { Age } from '../../../parts/age.tsx';
import { FindField } from '../../../parts/find-field.tsx';
import { count } from '../../../parts/format.ts';
import { Refusal } from '../../../parts/refusal.tsx';
import { Table } from '../../../parts/table.tsx';
import { hashOf, usePlace } from '../../../shell/route.ts';
import { fleet } from '../../data/api.ts';
import { usePaged } from '../../data/paged.ts';
import { LedgerCells, LedgerHead } from '../../parts/ledger.tsx';

const PAGE = 100;

/** What became of every sample of every site: acquired is delivered, waiting or counted as lost. */
export function Page() {
  const { query } = usePlace();
  const [search, labels] = [query.get('search') ?? '', query.get('labels') ?? ''];
  const isDiffering = query.get('differing') === 'true';
  const ask = (change: {
    readonly search?: string;
    readonly labels?: string;
    readonly isDiffering?: boolean;
  }) => {
    const next = { search, labels, isDiffering, ...change };
    location.replace(
      hashOf('ledger', '', {
        ...(next.search !== '' && { search: next.search }),
        ...(next.labels !== '' && { labels: next.labels }),
        ...(next.isDiffering && { differing: 'true' }),
      }),
    );
  };
  const wanted = {
    ...(search.trim() !== '' && { search: search.trim() }),
    ...(labels.trim() !== '' && { labels: labels.trim() }),
    ...(isDiffering && { differing: 'true' as const }),
  };
  const { items, hasMore, isAsking, error, more } = usePaged(JSON.stringify(wanted), (after, signal) =>
    fleet.ledger({ ...wanted, limit: PAGE, ...(after !== undefined && { after }) }, signal),
  );
  return (
    <div className="page">
      <h1>Ledger</h1>
      <p className="quiet">
        Each sample that a site acquired is at the hub, waits at the site, or is counted as lost. A difference
        is a mistake that must be looked at.
      </p>
      <search className="ledger-find">
        <FindField
          label="Name or label"
          type="search"
          value={search}
          onText={(text) => ask({ search: text })}
        />
        <FindField
          label="Label expression"
          placeholder="region=north"
          value={labels}
          onText={(text) => ask({ labels: text })}
        />
        <label className="check">
          <input
            type="checkbox"
            checked={isDiffering}
            onChange={({ target }) => ask({ isDiffering: target.checked })}
          />
          Only where there is a difference
        </label>
      </search>
      {error && <Refusal error={error} />}
      <section className="card" aria-label="Sites">
        {!isAsking && items.length === 0 && !error && (
          <p className="quiet">
            {isDiffering ? 'There is no difference at any site.' : 'No site is as you ask.'}
          </p>
        )}
        {items.length > 0 && (
          <Table label="Table of the ledger">
            <thead>
              <tr>
                <th scope="col">Site</th>
                <LedgerHead />
                <th scope="col" className="number">
                  Told
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((sums) => (
                <tr key={sums.site}>
                  <th scope="row" className="nowrap">
                    <a href={hashOf('sites', sums.site, { show: 'ledger' })}>{sums.site}</a>
                  </th>
                  <LedgerCells sums={sums} />
                  <td className="number">
                    {sums.toldUs === undefined ? (
                      <span className="quiet">not yet</span>
                    ) : (
                      <Age sinceUs={sums.toldUs} />
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </Table>
        )}
        {hasMore && (
          <p>
            <IxButton variant="secondary" onClick={more}>
              More than {count(items.length)} …
            </IxButton>
          </p>
        )}
      </section>
    </div>
  );
}
