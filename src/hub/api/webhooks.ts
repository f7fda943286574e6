import type { FleetAnswered, FleetHandlers } from '#contract/fleet/table.ts';
import type { EventKind } from '#kernel/event.ts';
import type { FleetAsking } from '../people/gate.ts';
import type { DeadDelivery, KeptWebhook, Webhooks } from '../webhooks/hooks.ts';

/** Receivers of events, for administrators of the whole fleet. */
export function webhookHandlers(webhooks: Webhooks) {
  return {
    webhooks: async () => (await webhooks.list()).map(webhookView),
    addWebhook: async ({ body: { by, ...hook } }) => ({ secret: await webhooks.add(hook, by) }),
    async removeWebhook({ body: { name, by } }) {
      await webhooks.remove(name, by);
      return {};
    },
    async testWebhook({ body: { name, by } }) {
      await webhooks.test(name, by);
      return {};
    },
    retryWebhook: async ({ body: { name } }) => ({ events: await webhooks.retry(name) }),
    deadDeliveries: async ({ params: { webhook }, query: { limit } }) =>
      (await webhooks.dead(webhook, limit)).map(deadView),
  } satisfies Partial<FleetHandlers<FleetAsking>>;
}

const us = (date: Date): number => date.getTime() * 1000;

const webhookView = ({
  kinds,
  names,
  sites,
  made,
  lastOk,
  paused,
  error,
  ...one
}: KeptWebhook): FleetAnswered<'webhooks'> => ({
  ...one,
  ...(kinds && { kinds: [...kinds] as EventKind[] }),
  ...(names && { names: [...names] }),
  ...(sites !== undefined && { sites }),
  madeUs: us(made),
  ...(lastOk && { lastUs: us(lastOk) }),
  ...(paused && { pausedUs: us(paused) }),
  ...(error !== undefined && { error }),
});

const deadView = ({ made, dead, ...one }: DeadDelivery): FleetAnswered<'deadDeliveries'> => ({
  ...one,
  madeUs: us(made),
  deadUs: us(dead),
});
