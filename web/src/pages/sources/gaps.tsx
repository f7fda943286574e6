import type { GapView } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { siteNowMs } from '../../data/clock.ts';
import { usePolled } from '../../data/poll.ts';
import { count, duration, moment } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Table } from '../../parts/table.tsx';

const EVERY_MS = 15_000;
const MOST = 50;

/** Counted holes in what this source gave, newest first. */
export function Gaps({ source }: { readonly source: string }) {
  const { data, error } = usePolled(
    `gaps ${source}`,
    (signal) => api.gaps({ source, limit: MOST }, signal),
    EVERY_MS,
  );
  return (
    <section className="card" aria-label="Gaps">
      <h2>Gaps</h2>
      {error && !data && <Refusal error={error} />}
      {data?.length === 0 && <p className="quiet">Nothing is missing in what is kept.</p>}
      {data && data.length > 0 && (
        <Table label="Table of gaps">
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col" className="number">
                For
              </th>
              <th scope="col">Why</th>
              <th scope="col">Tags</th>
              <th scope="col" className="number">
                Samples
              </th>
            </tr>
          </thead>
          <tbody>
            {data.toReversed().map((gap) => (
              <Gap key={`${gap.seq} ${gap.fromUs}`} gap={gap} />
            ))}
          </tbody>
        </Table>
      )}
    </section>
  );
}

function Gap({ gap: { tags, fromUs, toUs, count: lost, reason } }: { readonly gap: GapView }) {
  return (
    <tr>
      <td className="nowrap">{moment(fromUs / 1000, siteNowMs())}</td>
      <td className="number">{duration((toUs - fromUs) / 1000)}</td>
      <td className="nowrap">{reason.replaceAll('-', ' ')}</td>
      <td title={tags === 'all' ? undefined : tags.join('\n')}>
        {tags === 'all' ? 'all' : tags.length === 1 ? tags[0] : `${count(tags.length)} tags`}
      </td>
      <td className="number">{lost === undefined ? <span className="quiet">unknown</span> : count(lost)}</td>
    </tr>
  );
}
