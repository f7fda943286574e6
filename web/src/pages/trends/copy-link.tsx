import { IxButton } from '@siemens/ix-react';
import { useEffect, useRef, useState } from 'react';
import { Dialog } from '../../parts/dialog.tsx';
import type { TrendState } from './state.ts';
import { addressOf } from './use-address.ts';

const SAID_MS = 2000;

/** A link that shows the same to whoever opens it. */
export function CopyLink({ state }: { readonly state: TrendState }) {
  const [isCopied, setCopied] = useState(false);
  const [shown, setShown] = useState<string>();
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    const link = new URL(addressOf(state), location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
    } catch {
      // Browsers keep the clipboard from pages that came in the clear.
      setShown(link);
    }
  };
  return (
    <>
      <IxButton variant="tertiary" onClick={() => void copy()}>
        {isCopied ? 'Copied' : 'Copy link'}
      </IxButton>
      {shown !== undefined && <ByHand link={shown} onClose={() => setShown(undefined)} />}
    </>
  );
}

function ByHand({ link, onClose }: { readonly link: string; readonly onClose: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.select(), []);
  return (
    <Dialog title="Copy this link" onClose={onClose}>
      <textarea
        ref={field}
        className="ix-form-control trends-link"
        aria-label="Link"
        readOnly
        value={link}
        rows={4}
      />
      <div className="actions">
        <IxButton onClick={onClose}>Close</IxButton>
      </div>
    </Dialog>
  );
}
