import { IxButton } from '@siemens/ix-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useMay } from '../../data/session.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { go, hashOf } from '../../shell/route.ts';
import { usePicture } from './asked.ts';
import { Faceplate } from './faceplate.tsx';
import { faceOf } from './names.ts';
import { Stage, type StageHandle } from './stage.tsx';
import { Tools } from './tools.tsx';

/** One picture with its live values, and the faceplate of what was chosen in it. */
export function PicturePage({ name }: { readonly name: string }) {
  const { data, error } = usePicture(name);
  const mayEdit = useMay('engineer');
  const [chosen, setChosen] = useState<string>();
  const frame = useRef<HTMLDivElement>(null);
  const stage = useRef<StageHandle>(null);
  const face = chosen === undefined || !data ? undefined : faceOf(data.bindings[chosen] ?? {});
  const close = useCallback(() => {
    setChosen(undefined);
    if (chosen !== undefined) stage.current?.focus(chosen);
  }, [chosen]);
  useEffect(() => {
    const leave = (event: KeyboardEvent) => {
      // A dialog above it, and full screen, are left first.
      if (event.key === 'Escape' && !document.querySelector('dialog[open]')) close();
    };
    addEventListener('keydown', leave);
    return () => removeEventListener('keydown', leave);
  }, [close]);
  return (
    <div className="page picture-page">
      <header className="picture-head">
        <div>
          <nav aria-label="Place" className="quiet">
            <a href={hashOf('pictures')}>Pictures</a>
            {data?.area !== undefined && ` / ${data.area}`}
          </nav>
          <h1>{data?.title ?? name}</h1>
        </div>
        {data && <Tools stage={stage} frame={frame} />}
        {data && mayEdit && (
          <IxButton variant="secondary" onClick={() => go(hashOf('pictures', name, { edit: '' }))}>
            Edit
          </IxButton>
        )}
      </header>
      {error && <Refusal error={error} />}
      {data && data.problems.length > 0 && (
        <div className="refusal">
          <p>The drawing does not fit any more what it is to show; the rest is shown.</p>
          <ul>
            {data.problems.map(({ element, message, hint }) => (
              <li key={element}>
                {message} <span className="quiet">{hint}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {!data && !error && <div className="waiting" role="status" aria-label="Reading the picture" />}
      {data && (
        <div ref={frame} className="picture-frame" data-has-face={face !== undefined || undefined}>
          <Stage
            svg={data.svg}
            bindings={data.bindings}
            label={`${data.title}: plus and minus zoom, arrows move, 0 shows all`}
            handle={stage}
            chosen={chosen}
            onChoose={setChosen}
          />
          {face !== undefined && <Faceplate key={face} path={face} onClose={close} />}
        </div>
      )}
    </div>
  );
}
