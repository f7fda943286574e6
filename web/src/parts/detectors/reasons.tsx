import type { DetectorStatus } from '#contract/client.ts';
import { ToPage } from '../../shell/to-page.tsx';
import { Bar } from '../bar.tsx';
import { type DetectorKind, lookedAtName } from './words.ts';

type Reason = DetectorStatus['reasons'][number];

/** Less than this part of a figure says nothing. */
const LEAST_SHARE = 0.01;

/** Why a detector says what it says: the strongest first, each with its part in it. */
export function Reasons({
  reasons,
  kind,
  asset,
  label,
}: {
  readonly reasons: readonly Reason[];
  readonly kind: DetectorKind;
  readonly asset: string;
  readonly label: string;
}) {
  const told = reasons.filter(({ share }) => share >= LEAST_SHARE);
  if (told.length === 0) return <p className="quiet">No tag stands out.</p>;
  return (
    <ol className="reasons" aria-label={label}>
      {told.map(({ tag, share, text }) => (
        <li key={tag}>
          <span className="reason-share">
            <Bar used={share} allowed={1} />
            <span className="number">{Math.round(share * 100)} %</span>
          </span>
          <ToPage page="tags" rest={tag}>
            {lookedAtName(kind, asset, tag)}
          </ToPage>
          <span className="reason-text">{text}</span>
        </li>
      ))}
    </ol>
  );
}
