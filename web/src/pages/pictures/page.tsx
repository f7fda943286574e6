import { lazy, Suspense } from 'react';
import { useMay } from '../../data/session.ts';
import { usePlace } from '../../shell/route.ts';
import { Gallery } from './gallery.tsx';
import { PicturePage } from './picture.tsx';

/** Loaded for those who draw. */
const Editor = lazy(async () => ({ default: (await import('./editor/editor.tsx')).Editor }));

/** All pictures, one of them, or what one shows to be edited. */
export function Page() {
  const { rest, query } = usePlace();
  const mayEdit = useMay('engineer');
  if (rest === '') return <Gallery />;
  if (!mayEdit || !query.has('edit')) return <PicturePage key={rest} name={rest} />;
  return (
    <Suspense fallback={<div className="waiting" role="status" aria-label="Loading the editor" />}>
      <Editor key={rest} name={rest} />
    </Suspense>
  );
}
