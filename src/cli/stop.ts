const ALL = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const PARENT = 'the end of the process that started it';

/**
 * Resolves with the reason once somebody wants this process to end: Ctrl-C, a service manager, a closed terminal; or the
 * end of the one that forked it with a channel, as a demo does.
 */
export function toldToStop(signals: readonly (typeof ALL)[number][] = ALL): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve(signal));
    // Undefined where there never was a channel; false where it has closed already.
    if (process.connected === false) resolve(PARENT);
    if (!process.channel) return;
    process.once('disconnect', () => resolve(PARENT));
    // Listening must not keep it alive once it is told to end otherwise.
    process.channel.unref();
  });
}
