import type { DetectorStatus } from '#contract/client.ts';
import { nameIn } from '../../parts/detectors/words.ts';
import { Table } from '../../parts/table.tsx';
import { hashOf } from '../../shell/route.ts';
import { DetectorState, ratioText } from './state.tsx';

/** Of one asset and one kind: a shadow and the live ones that it may replace. */
export function Beside({
  detector,
  all,
}: {
  readonly detector: DetectorStatus;
  readonly all: readonly DetectorStatus[];
}) {
  const same = all.filter(({ asset, kind }) => asset === detector.asset && kind === detector.kind);
  const isCompared = same.some(({ shadow }) => shadow) && same.length > 1;
  if (!isCompared) return null;
  return (
    <section className="card detector-wide" aria-label="Shadow and live">
      <h2>Shadow and live</h2>
      <Table label="Table of shadow and live detectors">
        <thead>
          <tr>
            <th scope="col">Detector</th>
            <th scope="col">Now</th>
            <th scope="col" className="number">
              Figure
            </th>
            <th scope="col" className="number">
              Found
            </th>
            <th scope="col" className="number">
              False a week
            </th>
          </tr>
        </thead>
        <tbody>
          {same.map(({ id, asset, state, shadow, ratio, figures }) => (
            <tr key={id}>
              <th scope="row">
                <a href={hashOf('detectors', id)}>{nameIn(asset, id)}</a>{' '}
                <span className="quiet">{shadow ? 'shadow' : 'live'}</span>
              </th>
              <td>
                <DetectorState state={state} />
              </td>
              <td className="number">{ratioText(ratio)}</td>
              <td className="number">{figures.findings}</td>
              <td className="number">{figures.falsePerWeek.toFixed(1)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}
