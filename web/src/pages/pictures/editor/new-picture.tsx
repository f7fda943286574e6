import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import { api } from '../../../data/api.ts';
import { askAgain } from '../../../data/poll.ts';
import { Field } from '../../../parts/field.tsx';
import { Refusal } from '../../../parts/refusal.tsx';
import { useAct } from '../../../parts/use-act.ts';
import { go, hashOf } from '../../../shell/route.ts';
import { PICTURES } from '../asked.ts';
import { Drop } from './drop.tsx';
import { bring, nameFor } from './upload.ts';

/** Brings a drawing, and opens it to be told what it shows. */
export function NewPicture({ taken }: { readonly taken: readonly string[] }) {
  const [file, setFile] = useState<File>();
  const { run, busy, error } = useAct(async (name: string, title: string) => {
    if (!file) return;
    if (taken.includes(name))
      throw new Error(`there is a picture ${name}: choose another name, or edit that one`);
    await bring(name, file);
    const { state, problems } = await api.savePicture(name, { title, why: `new picture from ${file.name}` });
    if (state === 'refused') throw new Error(problems.map(({ message }) => message).join('; '));
    askAgain(PICTURES);
    go(hashOf('pictures', name, { edit: '' }));
  });
  return (
    <Drop className="picture-drop" onFile={setFile}>
      <h2>New picture</h2>
      <p className="quiet">
        Drop a drawing (SVG) here, or choose one. The site takes out what is no drawing, and says what it was.
      </p>
      <input
        type="file"
        accept=".svg,image/svg+xml"
        aria-label="Drawing"
        onChange={(event) => setFile(event.target.files?.[0])}
      />
      {file && (
        <form
          key={file.name}
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            const given = new FormData(event.currentTarget);
            void run(String(given.get('name')), String(given.get('title')));
          }}
        >
          <Field
            label="Name"
            name="name"
            defaultValue={nameFor(file.name)}
            pattern="[a-z0-9][a-z0-9_\-]{0,80}"
          >
            Stands in addresses and in the site file: lower case, digits, - and _.
          </Field>
          <Field label="Title" name="title" defaultValue={file.name.replace(/\.svg$/i, '')} maxLength={100}>
            What people call it.
          </Field>
          <div className="actions">
            <IxButton type="submit" loading={busy}>
              Add
            </IxButton>
          </div>
        </form>
      )}
      {error && <Refusal error={error} />}
    </Drop>
  );
}
