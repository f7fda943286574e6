import type { Fault } from '#contract/client.ts';
import { ToPage } from '../shell/to-page.tsx';

/** Why something does not work, and what to do about it, as the site says it. */
export function Trouble({ fault: { code, message, hint } }: { readonly fault: Fault }) {
  return (
    <div className="trouble">
      <p>{message}</p>
      {hint !== undefined && <p className="hint">{hint}</p>}
      {code.endsWith('.certificate-waiting') && (
        <p>
          <ToPage page="certificates">Compare and decide</ToPage>
        </p>
      )}
      <p className="code">{code}</p>
    </div>
  );
}
