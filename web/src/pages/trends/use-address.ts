import { useCallback, useEffect, useRef, useState } from 'react';
import { hashOf, usePlace } from '../../shell/route.ts';
import { queryOf, stateOf, type TrendState } from './state.ts';

const PAGE = 'trends';

export const addressOf = (state: TrendState): string => `${hashOf(PAGE)}?${queryOf(state)}`;

/** What is shown, kept in the address: a link shows the same, and so does loading the page again. */
export function useAddress(): readonly [TrendState, (change: (state: TrendState) => TrendState) => void] {
  const { page, query } = usePlace();
  const [state, setState] = useState(() => stateOf(query));
  const written = useRef(queryOf(state).toString());

  useEffect(() => {
    if (page !== PAGE) return;
    const given = queryOf(stateOf(query)).toString();
    if (given === written.current) return;
    // Somebody opened a link, or went back.
    written.current = given;
    setState(stateOf(query));
  }, [page, query]);

  const change = useCallback((make: (state: TrendState) => TrendState) => setState(make), []);

  useEffect(() => {
    const next = queryOf(state).toString();
    if (next === written.current) return;
    written.current = next;
    // Moving about is no place to go back to.
    history.replaceState(history.state, '', addressOf(state));
  }, [state]);
  return [state, change];
}
