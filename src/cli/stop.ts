const ALL = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves with the reason once somebody wants this process to end: Ctrl-C, a service manager, a closed terminal. */
export function toldToStop(signals: readonly (typeof ALL)[number][] = ALL): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve(signal));
  });
}
