import { IxButton } from '@siemens/ix-react';
import { type ReactNode, useId, useRef, useState } from 'react';
import { Dialog } from './dialog.tsx';

/** Something that is shown once, and kept nowhere: it can be copied until the dialog is closed. */
export function Secret({
  title,
  secret,
  onEnd,
  children,
}: {
  readonly title: string;
  readonly secret: string;
  readonly onEnd: () => void;
  readonly children: ReactNode;
}) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState('');
  const copy = async () => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(secret);
      setSaid('Copied');
    } catch {
      // Browsers have no clipboard for pages that are neither encrypted nor of this machine.
      setSaid('Chosen: copy it with Ctrl+C');
    }
  };
  return (
    <Dialog title={title}>
      <div className="field">
        <label className="ix-form-label" htmlFor={id}>
          Shown once
        </label>
        <input id={id} ref={field} className="ix-form-control secret" type="text" readOnly value={secret} />
      </div>
      <p className="quiet">{children}</p>
      <p>No copy is kept: take it now, to where it is needed.</p>
      <div className="actions">
        <output className="quiet">{said}</output>
        <IxButton variant="secondary" onClick={() => void copy()}>
          Copy
        </IxButton>
        <IxButton onClick={onEnd}>I have it</IxButton>
      </div>
    </Dialog>
  );
}
