import { type RawBuilder, sql } from 'kysely';
import { type LabelTerm, labelTerms } from '#contract/fleet/labels.ts';
import { Fault } from '#kernel/fault.ts';
import { atLeast, type Role } from '#kernel/rights.ts';
import type { Grant } from './rows.ts';

/** A condition on rows of the table `sites`. */
export type SiteCondition = RawBuilder<boolean>;

export const EVERY_SITE: SiteCondition = sql<boolean>`true`;

/** @throws Fault `hub.usage` for what is no label expression */
export function labelled(expression: string): SiteCondition {
  const terms = labelTerms(expression);
  if (terms) return sql<boolean>`(${sql.join(terms.map(termOf), sql` AND `)})`;
  throw new Fault('hub.usage', `'${expression}' is no label expression`, {
    retry: 'never',
    hint: 'write region=north,line!=2, region in (north, south), camera, or !camera',
  });
}

function termOf(term: LabelTerm): SiteCondition {
  const { label } = term;
  // `?` of PostgreSQL, by its function: a driver may take the sign for a parameter.
  const isThere = sql<boolean>`jsonb_exists(sites.labels, ${label})`;
  if (!('values' in term)) return term.op === 'has' ? isThere : sql<boolean>`NOT ${isThere}`;
  const isAmong = sql<boolean>`coalesce(sites.labels ->> ${label} = ANY(${term.values}), false)`;
  return term.op === 'in' ? isAmong : sql<boolean>`NOT ${isAmong}`;
}

/** Sites where grants give a role; undefined: none do. */
export function grantedSites(grants: readonly Grant[], role: Role): SiteCondition | undefined {
  const fitting = grants.filter((one) => atLeast(one.role, role));
  if (fitting.length === 0) return undefined;
  if (fitting.some(({ sites }) => sites === undefined)) return EVERY_SITE;
  const groups = fitting.map(({ sites = '' }) => labelled(sites));
  return sql<boolean>`(${sql.join(groups, sql` OR `)})`;
}
