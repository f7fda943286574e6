import { usePlace } from '../../shell/route.ts';
import { DetectorPage } from './detector.tsx';
import { DetectorList } from './list.tsx';

/** What nobody wrote a rule for: what detectors see, what they learned from, how often they were right. */
export function Page() {
  const { rest } = usePlace();
  return (
    <div className="page detectors">
      {rest === '' ? <DetectorList /> : <DetectorPage key={rest} id={rest} />}
    </div>
  );
}
