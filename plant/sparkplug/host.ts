/** What the node knows of its primary host. */
export interface HostGate {
  /** Whether the node may speak. */
  readonly online: boolean;
  /** @returns whether the message was the host's */
  heard(topic: string, payload: Uint8Array): boolean;
}

export const stateTopic = (host: string | undefined): string[] =>
  host === undefined ? [] : [`spBv1.0/STATE/${host}`];

/** Follows the STATE of a host; what is older than the newest that was heard is passed over (Sparkplug 3.0, 5.4). */
export function hostGate(host: string | undefined): HostGate {
  const own = stateTopic(host)[0];
  let online = host === undefined;
  let newestMs = 0;
  return {
    get online() {
      return online;
    },
    heard(topic, payload) {
      if (topic !== own) return false;
      const state = stateIn(payload);
      if (state && state.timestamp >= newestMs) {
        newestMs = state.timestamp;
        online = state.online;
      }
      return true;
    },
  };
}

function stateIn(payload: Uint8Array): { readonly online: boolean; readonly timestamp: number } | undefined {
  try {
    const { online, timestamp } = Object(JSON.parse(Buffer.from(payload).toString()));
    return typeof online === 'boolean' && typeof timestamp === 'number' ? { online, timestamp } : undefined;
  } catch {
    return undefined;
  }
}
