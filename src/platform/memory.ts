import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8 from widening the room for new objects from 1 to 16 MB until the returned function is called. Loading a
 * program makes much that stays, and V8 takes that for lasting load: the room would never be given back. Widening costs
 * nothing once load comes, so call it as soon as all is loaded.
 */
export function startSmall(): () => void {
  setFlagsFromString('--semi-space-growth-factor=1');
  return () => setFlagsFromString('--semi-space-growth-factor=2'); // V8's own
}
