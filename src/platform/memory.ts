import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The flag is one for the whole process: so many are loading at present. */
let loading = 0;

/**
 * Keeps V8 from widening the room for new objects from 1 to 16 MB until the returned function is called. Loading a
 * program makes much that stays, and V8 takes that for lasting load: the room would never be given back. Widening costs
 * nothing once load comes, so call it, once, as soon as all is loaded; where several load, the last one ends it.
 */
export function startSmall(): () => void {
  loading++;
  setFlagsFromString('--semi-space-growth-factor=1');
  return () => {
    loading--;
    if (loading === 0) setFlagsFromString('--semi-space-growth-factor=2'); // V8's own
  };
}

/**
 * Lets each thread collect its young objects by itself. V8 spreads that over four helpers: for rooms of a few MB that takes
 * more processor time than it saves, and on a small machine a thread waits for helpers that get no turn.
 */
export function collectAlone(): void {
  setFlagsFromString('--no-parallel-scavenge');
}

type Collect = (how: {
  readonly type: 'major';
  readonly execution: 'sync';
  readonly flavor: 'last-resort';
}) => void;

/**
 * Gives back to the system at once what loading needed and what stays unused: by itself V8 takes a minute, or never
 * comes to it. Holds everything up for 50 to 100 ms, so it belongs to the loading, which does so as well.
 */
export function giveBack(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
