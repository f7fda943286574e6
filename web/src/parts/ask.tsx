import { IxButton } from '@siemens/ix-react';
import type { ReactNode } from 'react';
import { Dialog } from './dialog.tsx';
import { Refusal } from './refusal.tsx';
import { useAct } from './use-act.ts';

/** A form above the page that does one thing, and closes once that is done. */
export function Ask({
  title,
  name,
  act,
  onEnd,
  isGrave = false,
  children,
}: {
  readonly title: string;
  /** Of the button that does it. */
  readonly name: string;
  readonly act: (given: FormData) => Promise<unknown>;
  readonly onEnd: () => void;
  /** What it does cannot be taken back. */
  readonly isGrave?: boolean;
  readonly children: ReactNode;
}) {
  const { run, busy, error } = useAct(async (given: FormData) => {
    await act(given);
    onEnd();
  });
  return (
    <Dialog title={title} onClose={onEnd}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run(new FormData(event.currentTarget));
        }}
      >
        {children}
        {error && <Refusal error={error} />}
        <div className="actions">
          <IxButton variant="tertiary" type="button" onClick={onEnd}>
            Cancel
          </IxButton>
          <IxButton type="submit" loading={busy} variant={isGrave ? 'danger-primary' : 'primary'}>
            {name}
          </IxButton>
        </div>
      </form>
    </Dialog>
  );
}
