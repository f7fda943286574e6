import { useEffect, useState } from 'react';
import { connection } from '../data/connection.ts';
import { useStore } from '../data/store.ts';
import { useConsole } from './console.ts';

/** A question that fails once is asked again before anybody is troubled. */
const PATIENCE_MS = 1500;

/** Says that there is no answer. What is on the page stays, with its ages growing. */
export function ConnectionBar() {
  const { of } = useConsole();
  const now = useStore(connection);
  const [isLong, setLong] = useState(false);
  const isLost = now.state === 'lost';
  useEffect(() => {
    setLong(false);
    if (!isLost) return;
    const timer = setTimeout(() => setLong(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isLost]);
  return (
    <div role="status" className="connection">
      {isLost && isLong && (
        <div className="connection-bar">
          <strong>The {of} does not answer.</strong> It may be restarting. What you see is old; what you are
          editing stays. Trying again each second …
        </div>
      )}
    </div>
  );
}
