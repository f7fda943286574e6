import { useMemo, useState } from 'react';
import { siteNowMs } from '../../data/clock.ts';
import { useStatus } from '../../data/site.ts';
import { whenAround, worthwhileS } from './around.ts';
import { isLive, type When } from './span.ts';

/**
 * What to show of the past around the begin of something: decided when it is opened, and from then on where it was moved to.
 * @param sinceUs as of `whenAround`
 */
export function useAround(sinceUs: number | undefined): readonly [when: When, onWhen: (when: When) => void] {
  const [moved, setMoved] = useState<When>();
  const [opened] = useState(() => whenAround(sinceUs, siteNowMs()));
  const { data: status } = useStatus();
  const historian = status?.historian;
  const begunUs = historian && (historian.oldestUs ?? status.nowUs);
  const lastS = isLive(opened) ? worthwhileS(opened.lastS, siteNowMs(), begunUs) : undefined;
  const first = useMemo(() => (lastS === undefined ? opened : { lastS }), [opened, lastS]);
  return [moved ?? first, setMoved];
}
