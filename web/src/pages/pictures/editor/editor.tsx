import { IxButton } from '@siemens/ix-react';
import { useMemo, useRef, useState } from 'react';
import type { Picture } from '#contract/client.ts';
import { askAgain } from '../../../data/poll.ts';
import { useStore } from '../../../data/store.ts';
import { Refusal } from '../../../parts/refusal.tsx';
import { useAct } from '../../../parts/use-act.ts';
import { hashOf } from '../../../shell/route.ts';
import { PICTURES, usePicture } from '../asked.ts';
import type { Binding } from '../drawing/shown.ts';
import { Stage, type StageHandle } from '../stage.tsx';
import { Tools } from '../tools.tsx';
import { BindingForm } from './binding-form.tsx';
import { useDraft } from './draft.ts';
import { Drop } from './drop.tsx';
import { ElementList } from './element-list.tsx';
import { elementsOf } from './elements.ts';
import { SaveForm } from './save-form.tsx';
import { bring, brought } from './upload.ts';

/** What the elements of a picture show, told by pointing at them. */
export function Editor({ name }: { readonly name: string }) {
  const { data, error } = usePicture(name);
  return (
    <div className="page">
      {error && <Refusal error={error} />}
      {!data && !error && <div className="waiting" role="status" aria-label="Reading the picture" />}
      {data && <Edited picture={data} />}
    </div>
  );
}

function Edited({ picture }: { readonly picture: Picture }) {
  const { name, svg } = picture;
  const edit = useDraft(picture);
  const { draft, change } = edit;
  const [chosen, setChosen] = useState<string>();
  const [pointed, setPointed] = useState<string>();
  const frame = useRef<HTMLDivElement>(null);
  const stage = useRef<StageHandle>(null);
  const elements = useMemo(() => elementsOf(svg), [svg]);
  const element = elements.find(({ id }) => id === chosen);
  const { run, busy, error } = useAct(async (file: File) => {
    await bring(name, file);
    askAgain(PICTURES);
  });
  const bind = (id: string, binding: Binding | undefined) => {
    const { [id]: _, ...others } = draft.bindings;
    change({ bindings: binding ? { ...draft.bindings, [id]: binding } : others });
  };
  return (
    <>
      <header className="picture-head">
        <div>
          <nav aria-label="Place" className="quiet">
            <a href={hashOf('pictures')}>Pictures</a> / <a href={hashOf('pictures', name)}>{picture.title}</a>
          </nav>
          <h1>Edit {draft.title}</h1>
        </div>
        <Tools stage={stage} frame={frame} />
        <a href={hashOf('pictures', name)}>Back to the picture</a>
      </header>
      <TakenOut name={name} />
      {error && <Refusal error={error} />}
      {edit.isOvertaken && (
        <p className="refusal">
          Somebody has saved this picture since you began. Saving puts yours in the place of it.
        </p>
      )}
      <div className="edit-frame">
        <Drop className="picture-frame" onFile={(file) => void run(file)}>
          <Stage
            svg={svg}
            bindings={draft.bindings}
            label={`${draft.title}: elements that show something`}
            handle={stage}
            pointsAtAll
            chosen={chosen}
            pointed={pointed ?? chosen}
            onChoose={setChosen}
            onPoint={setPointed}
          />
        </Drop>
        <div className="edit-side">
          <ElementList
            elements={elements}
            bindings={draft.bindings}
            chosen={chosen}
            onChoose={setChosen}
            onPoint={setPointed}
          />
          {element && (
            <BindingForm
              key={element.id}
              element={element}
              binding={draft.bindings[element.id]}
              onChange={(binding) => bind(element.id, binding)}
            />
          )}
          <SaveForm name={name} edit={edit} />
          <section className="card form" aria-label="Drawing">
            <h2>Drawing</h2>
            <p className="quiet">
              Another drawing is dropped onto the picture, or chosen here. It must keep the ids.
            </p>
            <input
              type="file"
              accept=".svg,image/svg+xml"
              aria-label="Another drawing"
              disabled={busy}
              onChange={({ target }) => target.files?.[0] && void run(target.files[0])}
            />
          </section>
        </div>
      </div>
    </>
  );
}

/** What the site took out of the drawing that was brought. */
function TakenOut({ name }: { readonly name: string }) {
  const last = useStore(brought);
  if (last?.name !== name) return null;
  return (
    <section className="card" aria-label="What was taken out" role="status">
      <div className="card-head">
        <h2>
          {last.removed.length === 0 ? 'Nothing was taken out of the drawing' : 'Taken out of the drawing'}
        </h2>
        <IxButton variant="tertiary" onClick={() => brought.set(undefined)}>
          Seen
        </IxButton>
      </div>
      <ul>
        {last.removed.map(({ what, count, line }) => (
          <li key={what}>
            {count} × {what} <span className="quiet">first in line {line}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
