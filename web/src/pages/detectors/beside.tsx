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
          {same.map((one) => (
            <tr key={one.id}>
              <th scope="row">
                <a href={hashOf('detectors', one.id)}>{nameIn(one.asset, one.id)}</a>{' '}
                <span className="quiet">{one.shadow ? 'shadow' : 'live'}</span>
              </th>
              <td>
                <DetectorState detector={one} />
              </td>
              <td className="number">{ratioText(one.ratio)}</td>
              <td className="number">{one.figures.findings}</td>
              <td className="number">{one.figures.falsePerWeek.toFixed(1)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}
