import { usePlace } from '../../../shell/route.ts';
import { SiteList } from './list.tsx';
import { SitePage } from './site.tsx';

/** All sites, or the one that the address names. */
export function Page() {
  const { rest } = usePlace();
  return rest === '' ? <SiteList /> : <SitePage key={rest} site={rest} />;
}
