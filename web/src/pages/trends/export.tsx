import { IxButton } from '@siemens/ix-react';
import { Dialog } from '../../parts/dialog.tsx';
import { usOf } from '../../parts/trend/ask.ts';
import type { Span } from '../../parts/trend/span.ts';
import type { Zone } from '../../parts/trend/zone.ts';

const FORMATS = [
  ['CSV', 'csv', 'csv'],
  ['Parquet', 'parquet', 'parquet'],
] as const;

/** Every sample of what is seen as a file, or the picture itself. */
export function Export({
  paths,
  span,
  zone,
  hasCalculations,
  picture,
  onClose,
}: {
  readonly paths: readonly string[];
  readonly span: Span;
  readonly zone: Zone;
  readonly hasCalculations: boolean;
  /** Address of the picture. */
  readonly picture: () => string | undefined;
  readonly onClose: () => void;
}) {
  const stamp = zone.text(span.from).replaceAll(/[: ]/g, '-');
  const addressOf = (format: string) => {
    const query = new URLSearchParams(paths.map((path) => ['tag', path]));
    query.append('from', String(usOf(span.from)));
    query.append('to', String(usOf(span.to)));
    query.append('format', format);
    return `/api/history/export?${query}`;
  };
  return (
    <Dialog title="Export" onClose={onClose}>
      <p>
        {zone.text(span.from)} to {zone.text(span.to)}, {zone.name}
      </p>
      <ul className="trends-files">
        {paths.length > 0 &&
          FORMATS.map(([name, format, ending]) => (
            <li key={format}>
              <a href={addressOf(format)} download={`trend-${stamp}.${ending}`}>
                {name}
              </a>{' '}
              <span className="quiet">every sample, with qualities and holes</span>
            </li>
          ))}
        <li>
          <button type="button" className="link" onClick={() => save(picture(), `trend-${stamp}.png`)}>
            PNG
          </button>{' '}
          <span className="quiet">the picture as it is shown</span>
        </li>
      </ul>
      {hasCalculations && (
        <p className="about">Calculated lines are in the picture only; files have the tags themselves.</p>
      )}
      <div className="actions">
        <IxButton variant="tertiary" onClick={onClose}>
          Close
        </IxButton>
      </div>
    </Dialog>
  );
}

function save(address: string | undefined, name: string): void {
  if (address === undefined) return;
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}
