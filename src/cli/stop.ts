/** Resolves with the reason once somebody wants this process to end: Ctrl-C, a service manager, a closed terminal. */
export function toldToStop(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve(signal));
  });
}
