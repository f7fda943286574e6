const TRIES = 'holdfast.tries';
const FIRST_MS = 1000;
const LONGEST_MS = 30_000;

/**
 * A script or style that did not come is never asked for again by the browser, and would leave an empty page for good: the
 * page itself is loaded anew, with growing pauses.
 */
export function loadAgainWhereIncomplete(): void {
  let isComing = false;
  const listen = ({ target }: Event): void => {
    const isNeeded =
      target instanceof HTMLScriptElement ||
      (target instanceof HTMLLinkElement && target.rel === 'stylesheet');
    if (!isNeeded || isComing) return;
    isComing = true;
    const tries = Number(sessionStorage.getItem(TRIES) ?? 0);
    sessionStorage.setItem(TRIES, String(tries + 1));
    setTimeout(() => location.reload(), Math.min(LONGEST_MS, FIRST_MS * 2 ** tries));
    const said = document.createElement('p');
    said.setAttribute('role', 'status');
    said.textContent = 'A part of the console did not come. It is asked for again …';
    (document.getElementById('console') ?? document.body).replaceChildren(said);
  };
  addEventListener('error', listen, true); // such events do not rise
}

/** All of it is there. */
export const loadedWhole = (): void => sessionStorage.removeItem(TRIES);
