import { useEffect, useRef, useState } from 'react';
import type { PictureHead } from '#contract/client.ts';
import { useMay } from '../../data/session.ts';
import { PrioritySign } from '../../parts/priority.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { hashOf } from '../../shell/route.ts';
import { useNow, usePicture, usePictures } from './asked.ts';
import type { Bindings } from './drawing/shown.ts';
import { NewPicture } from './editor/new-picture.tsx';
import { Stage } from './stage.tsx';

/** All pictures, small, with what is wrong in each. */
export function Gallery() {
  const { data: pictures, error } = usePictures();
  const mayEdit = useMay('engineer');
  return (
    <div className="page">
      <h1>Pictures</h1>
      {error && <Refusal error={error} />}
      {pictures?.length === 0 && (
        <p className="quiet">
          There are no pictures.{' '}
          {mayEdit ? 'Drop a drawing below.' : 'An engineer of this site can add some.'}
        </p>
      )}
      <ul className="picture-cards">
        {pictures?.map((one) => (
          <li key={one.name}>
            <Card picture={one} />
          </li>
        ))}
      </ul>
      {mayEdit && pictures && <NewPicture taken={pictures.map(({ name }) => name)} />}
    </div>
  );
}

function Card({ picture: { name, title, area } }: { readonly picture: PictureHead }) {
  const place = useRef<HTMLAnchorElement>(null);
  const isSeen = useSeen(place);
  return (
    <a ref={place} href={hashOf('pictures', name)} className="card picture-card">
      {isSeen ? <Small name={name} /> : <div className="picture-small" />}
      <span className="picture-title">
        <strong>{title}</strong> <span className="quiet">{area ?? 'the whole site'}</span>
      </span>
    </a>
  );
}

/** Whether it has come into sight: a drawing may be a megabyte. */
function useSeen(place: { readonly current: Element | null }): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (!place.current) return;
    const watcher = new IntersectionObserver((all) => {
      if (all.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
    });
    watcher.observe(place.current);
    return () => watcher.disconnect();
  }, [place]);
  return isSeen;
}

function Small({ name }: { readonly name: string }) {
  const { data, error } = usePicture(name);
  if (!data) return <div className="picture-small quiet">{error ? error.message : ''}</div>;
  return (
    <>
      <div className="picture-small">
        <Stage svg={data.svg} bindings={data.bindings} label={data.title} />
      </div>
      <Wrong bindings={data.bindings} />
    </>
  );
}

/** What is wrong in a picture, in words: its marks are small here. */
function Wrong({ bindings }: { readonly bindings: Bindings }) {
  const { alarms, marks } = useNow(bindings);
  const unknown = [...marks.values()].filter(({ doubt }) => doubt === 'unknown').length;
  const [first] = alarms;
  return (
    <span className="picture-wrong">
      {first && (
        <span>
          <PrioritySign priority={first.priority} /> {alarms.length}{' '}
          {alarms.length === 1 ? 'alarm' : 'alarms'}
        </span>
      )}
      {unknown > 0 && <span className="abnormal">? {unknown} unknown</span>}
      {!first && unknown === 0 && <span className="quiet">normal</span>}
    </span>
  );
}
