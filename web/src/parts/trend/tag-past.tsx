import { useStatus } from '../../data/site.ts';
import { PastOf, type PastProps } from './past-of.tsx';
import { SITE_PAST } from './site-past.ts';

/** The past of one tag of the site that serves the console. */
export function TagPast(props: PastProps) {
  const { data: status } = useStatus();
  return <PastOf past={SITE_PAST} timeZone={status?.timeZone} {...props} />;
}
