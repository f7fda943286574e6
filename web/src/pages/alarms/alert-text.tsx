import type { AlertStatus } from '#contract/client.ts';
import { nameIn } from '../../parts/detectors/words.ts';
import { ToPage } from '../../shell/to-page.tsx';

/** What is so, at which asset, and by which rule or detector. */
export function AlertText({
  alert: { text, asset, rule, detector },
}: {
  readonly alert: Pick<AlertStatus, 'text' | 'asset' | 'rule'> & { readonly detector?: unknown };
}) {
  return (
    <p className="alert-text">
      <span>{text}</span>
      <span className="quiet">
        <ToPage page="tags" query={{ at: asset }}>
          {asset || 'the site'}
        </ToPage>
        {detector ? ', detector ' : ', rule '}
        <ToPage page={detector ? 'detectors' : 'decisions'} rest={detector ? rule : `rule/${rule}`}>
          {nameIn(asset, rule)}
        </ToPage>
      </span>
    </p>
  );
}
