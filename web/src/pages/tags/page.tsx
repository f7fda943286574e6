import { usePlace } from '../../shell/route.ts';
import { TagList } from './tag-list.tsx';
import { TagPage } from './tag-page.tsx';

/** All tags, or the one that the address names. */
export function Page() {
  const { rest } = usePlace();
  return rest === '' ? <TagList /> : <TagPage key={rest} path={rest} />;
}
