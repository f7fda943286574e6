import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ROUTES } from '#contract/routes/table.ts';
import type { OwnWay } from '#edge/api/handlers.ts';
import { addOwnRoute } from '#http/answer.ts';

/** Adds a row of the site's table that answers in its own way. */
export const addOwnWay = (
  app: FastifyInstance,
  id: OwnWay,
  handler: (request: FastifyRequest, reply: FastifyReply) => unknown,
): void => addOwnRoute(app, ROUTES[id], handler);
